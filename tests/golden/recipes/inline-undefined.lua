return wim { name = "x", from = from }
