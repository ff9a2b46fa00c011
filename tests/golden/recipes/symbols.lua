-- Symbols: what is meant by itself, every field, the Windows of the fleet, ids alone, shared scans.
local pe = source { media = "@media/win11.iso", image = "pe" }
local fleet = source { media = "@media/newer.iso", image = "Windows 11 Pro" }
local store = symbols "@media/x64"
local all = symbols {
  { "@media/x64", { amd64 = "recipes/lib", arm64 = "fleet" } },
  files = { "ntoskrnl.exe", "Storport.sys" },
  from = { fleet, source { media = "@media/win11.iso", image = "pe" } },
  ids = { "ntkrnlmp.pdb,0123456789ABCDEF0123456789ABCDEF1,1", "a b.pdb 0123456789abcdef0123456789abcdef2A",
          "ntoskrnl.exe,5F0000001000,1", "" },
  missing = "warn", max_size = "300MiB", to = "Tools/Symbols",
}
return {
  wim { name = "own", from = pe, symbols = store },
  wim { name = "same", from = pe, symbols = "@media/x64" },
  wim { name = "fields", from = pe, symbols = all },
  wim { name = "ids", from = pe,
        symbols = symbols { "@media/x64", ids = "ntkrnlmp.pdb 0123456789ABCDEF0123456789ABCDEF1" } },
  wim { name = "everything", from = pe, drivers = "net",
        symbols = symbols { "@media/x64", scope = "all" } },
}
