def check_knowledge(base):
    return []
