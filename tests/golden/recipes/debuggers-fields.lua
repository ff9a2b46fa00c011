local windows = source { media = "@media/win11.iso", image = "winre" }
return {
  wim { name = "a", from = windows, debuggers = debuggers {} },
  wim { name = "b", from = windows, debuggers = debuggers { "drivers/net", "drivers/storage" } },
  wim { name = "c", from = windows, debuggers = debuggers { "drivers/net", too = "Debuggers" } },
  wim { name = "d", from = windows, debuggers = debuggers { "drivers/net", allow_missing = 5 } },
  wim { name = "e", from = windows, debuggers = "drivers/net" },
  wim { name = "f", from = windows, debuggers = overlay { "drivers/net" } },
  wim { name = "g", from = windows, debuggers = { debuggers { "drivers/net" } } },
  wim { name = "h", from = windows, debuggers = debuggers { "@kits/debuggers" } },
}
