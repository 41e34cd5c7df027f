"""What follows from an incident: who is in danger, who goes where, what they need, where it lies, who comes. Pure.

Travel times in seconds, distances in metres, people and pieces as whole numbers. nan or a missing arc: cannot be reached within the limit.
"""
