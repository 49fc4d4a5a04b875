"""`mmlab bench`: speeds compared with other libraries, measured alternately in one run."""
