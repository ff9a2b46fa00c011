return wim { name = "x", from = source { media = "@media//etc/passwd", image = 1 } }
