-- A folder that is not there.
return wim {
  name = "a", from = source { media = "@media/win11.iso", image = "pe" },
  symbols = symbols { "@media/x64", "@media/nowhere" },
}
