local windows = source { media = "@media/win11.iso", image = "winre" }
local function make(name, fields)
  fields.name, fields.from = name, windows
  return wim(fields)
end
return {
  make("a", { shell = "winre", startnet = "wpeinit" }),
  make("b", { shell = "winre", winpeshl = { "cmd.exe" } }),
  make("c", { winre_tool = "x.exe" }),
  make("d", { shell = "winre", winre_tool_parameters = "/x" }),
  make("e", { shell = "winre", winre_tool = "../../x.exe" }),
  make("g", { shell = "winre", registry = {
    { key = [[HKLM\SYSTEM\Setup]], name = "CmdLine", string = "cmd.exe" } } }),
  make("h", { shell = "winre", registry = {
    { key = [[HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\recenv.exe]],
      name = "Debugger", string = "cmd.exe" } } }),
}
