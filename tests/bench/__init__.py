"""`make bench`: the product beside what a person would otherwise use, both in the same run. See __main__."""
