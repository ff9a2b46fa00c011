local s = source { media = "@media/win11.iso", image = 1 }
for i = 1, 120000 do s = extend(s, { boot_files = s }) end
return wim { name = "x", from = s }
