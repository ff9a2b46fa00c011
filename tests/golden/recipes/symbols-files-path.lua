-- A path where a name is meant.
return wim {
  name = "a", from = source { media = "@media/win11.iso", image = "pe" },
  symbols = symbols { "@media/x64", files = { "ntoskrnl.exe", [[Windows\System32\hal.dll]] } },
}
