-- Fields of symbols that are none.
local windows = source { media = "@media/win11.iso", image = "pe" }
return wim {
  name = "a", from = windows, symbols = {
    symbols {},
    symbols { "@media/x64", file = "ntoskrnl.exe" },
    symbols { "@media/x64", scope = "user" },
    symbols { "@media/x64", missing = true, place = "stick" },
    symbols { "@media/x64", from = "@media/win11.iso" },
    "/srv/symbols",
  },
}
