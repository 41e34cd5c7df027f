"""Roads: read lines made into a network of nodes and edges, and the quickest ways on it. Pure; readers and the store are elsewhere."""
