local windows = source { media = { arm64 = "@media/arm64.iso" }, image = 1, arch = "amd64" }
return wim { name = "x", from = windows }
