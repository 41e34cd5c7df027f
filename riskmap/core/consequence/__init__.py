"""What an accident reaches: clouds, blasts and fires, each with its formula, its source and the range in which it answers. Pure.

Lengths in metres, masses in kg, times in s, pressures in kPa, heat flux in kW/m², concentrations in mg/m³ (ppm where said).
Outside its range a model says so (`Reach.beyond`, `Reach.below`, BadInput) instead of answering.
"""
