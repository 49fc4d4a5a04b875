"""x"""
def decoded(crop, origin, styles):
    return []
