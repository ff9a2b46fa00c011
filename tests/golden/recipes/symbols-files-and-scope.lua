-- Both say which binaries are meant.
return wim {
  name = "a", from = source { media = "@media/win11.iso", image = "pe" },
  symbols = symbols { "@media/x64", files = "ntoskrnl.exe", scope = "all" },
}
