"""The demo city: a synthetic Beijing of true size, the same to the byte for the same seed and day.

Outlines, districts, names of towns and the census are real; every enterprise, source, person and telephone number is
invented, and where a town's middle lies is drawn too (no open town borders exist). Pure: no file, clock or database.

land (with its residents) → enterprises → hazards → sources → dangers; shelters, depots, teams and sites stand by themselves;
city.build makes all of it.
"""
