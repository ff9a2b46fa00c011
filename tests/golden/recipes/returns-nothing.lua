local windows = 5
