"""Reports and generated pages: similarity of answers, attacks, faults, providers, claims."""
