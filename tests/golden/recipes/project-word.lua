return project { roots = {} }
