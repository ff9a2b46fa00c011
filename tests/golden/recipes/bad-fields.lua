-- All errors of a recipe in one run.
local windows = source { media = "@media/win11.iso", imag = "winre", arch = "amd6" }
local boot = wim {
  name = "Helpdesk",
  from = windows,
  overlays = { "common", 5 },
  compression_level = 500,
}
return {
  iso { boot = boot, lable = "X" },
  iso { boot = windows },
  iso { ["lable"] = "Y", boot = boot, prompt = "yes" },
}
