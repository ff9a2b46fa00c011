-- What is wrong with debuggers before any of them is looked at.
local windows = source { media = "@media/win11.iso", image = "winre" }
return {
  wim { name = "a", from = windows, debuggers = debuggers { "media/debuggers-x64" } },
  wim { name = "b", from = windows, debuggers = debuggers { { arm64 = "drivers/net" } } },
}
