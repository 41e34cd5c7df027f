"""Small bad files, one trap each, made by code so that what is bad about them can be read."""
