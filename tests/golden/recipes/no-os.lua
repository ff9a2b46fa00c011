return iso { name = os.getenv("HOME") }
