local arm = source { media = "@media/arm64.iso", image = 1, arch = "arm64" }
return wim { name = "x", from = source { media = "@media/win11.iso", image = 1, boot_files = arm } }
