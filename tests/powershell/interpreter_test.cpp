// The interpreter that judges the scripts: what it computes, and above all what it refuses.
#include "powershell/interpreter.h"

#include <gtest/gtest.h>

namespace remedia::powershell {
namespace {

class NoPc : public Host {
 public:
  std::vector<std::string> lines;
  std::string stderr_line;

  NoPc() {
    say_.parameters = {"object"};
    say_.run = [this](const Call& call) {
      lines.push_back(call.text("object"));
      return Value{};
    };
    fails_.parameters = {"name"};
    fails_.run = [](const Call&) -> Value { throw ScriptError{"broken"}; };
    module_ = fails_;
    module_.of_script_module = true;
    null_.run = [](const Call&) { return Value::null(); };
  }
  const Command* command(const std::string& name) override {
    if (name == "write-host") return &say_;
    if (name == "test-failure") return &fails_;
    if (name == "test-module") return &module_;
    return name == "get-null" ? &null_ : nullptr;
  }
  ProgramResult program(const std::string&, const std::vector<std::string>& args) override {
    return {7, args, stderr_line.empty() ? args : std::vector<std::string>{stderr_line}};
  }
  Value static_member(const std::string&, const std::string&) override { throw Unsupported("no"); }
  Value static_method(const std::string&, const std::string&, const std::vector<Value>&) override {
    throw Unsupported("no");
  }
  std::string environment(const std::string&) override { return "C:\\W"; }
  void print(const std::string& line) override { lines.push_back(line); }
  bool should_process(const std::string&, const std::string&) override { return true; }

 private:
  Command say_, fails_, module_, null_;
};

/// What a script prints, lines joined by '|', and its exit code unless that is 0.
std::string ran(const std::string& script, std::map<std::string, Value> given = {}) {
  NoPc pc;
  std::int64_t code = run_script(script, {"C:\\P", "s.ps1", std::move(given)}, pc);
  std::string out;
  for (const std::string& line : pc.lines) out += (out.empty() ? "" : "|") + line;
  return code == 0 ? out : out + " exit " + std::to_string(code);
}

struct Case {
  const char* script;
  const char* printed;
};

TEST(PowerShell, ComputesAsWindowsPowerShellDoes) {
  const Case cases[] = {
      {"'it''s'", "it's"},
      {"$a = 2\n\"$a $($a + 1) `$a ${a}x \"\"q\"\"\"", "2 3 $a 2x \"q\""},
      {"\"$env:windir\\x\"", "C:\\W\\x"},
      {"'A' -eq 'a'", "True"},
      {"'a' -ne 'b'", "True"},
      {"1MB", "1048576"},
      {"(7 - (7 % 2)) / 2", "3"},
      {"2 + 3 * 4", "14"},
      {"'a' + 1 + 2", "a12"},
      {"@(1, 2) -contains 2", "True"},
      {"@(1, 2, 3) -join '-'", "1-2-3"},
      {"'a.b' -replace '[.]', '_'", "a_b"},
      {"if ('ab12' -match '([a-z]+)(\\d+)') { $Matches[2] + $Matches[1] }", "12ab"},
      {"-not ('x' -match 'y')", "True"},
      {"'A\\b'.Replace('\\', '/').ToLowerInvariant()", "a/b"},
      {"'abc'.Substring(0, 1) + ' x '.Trim()", "ax"},
      {"[int]'12' + 1", "13"},
      {"[bool]'False'", "True"},
      {"[string]$null -eq ''", "True"},
      {"$null -eq $null", "True"},
      {"@($null).Count", "1"},
      {"@(Get-Null).Count", "1"},
      {"function f { }\n@(f).Count", "0"},
      {"function f { return @(1) }\n$x = f\n\"$x\"", "1"},
      {"function f { 1; 2 }\n@(f).Count", "2"},
      {"function f { 1\n return 2 }\n@(f) -join ','", "1,2"},
      {"$x = @(1)\n$x += 2\n$x.Count", "2"},
      {"$h = [pscustomobject]@{ A = 1; B = @() }\n$h.A = 5\n\"$($h.a) $($h.B.Count)\"", "5 0"},
      {"foreach ($x in @()) { 'never' }\nforeach ($x in $null) { 'never' }", ""},
      {"foreach ($x in 'one') { $x }", "one"},
      {"try { throw 'bad' } catch { $_.Exception.Message } finally { 'end' }", "bad|end"},
      {"function f { exit 3 }\ntry { f } finally { 'end' }\n'never'", "end exit 3"},
      {"function f { param([switch]$S, [string]$T) \"$S $T\" }\nf -S -T x\nf y", "True x|False y"},
      {"$a = 1\nfunction f { $a = 2 }\nf\n$a", "1"},
      {"$a = 1\nfunction f { $script:a = 2 }\nf\n$a", "2"},
      {"$h = @{ N = 1 }\nfunction f { $h.N += 1 }\nf\n$h.N", "2"},
      {"function f { if ($true) { return 1 }\n 2 }\nf", "1"},
      {"$x = Test-Failure -ErrorAction SilentlyContinue\n$null -eq $x", "True"},
      {"$p = 'x'\n$o = & $p '/q' @('b', 'c')\n\"$LASTEXITCODE $o\"", "/q|b|c|7 /q b c"},
      {"<# a\n b #> 'x' # y", "x"},
      {"if ($false) { 1 } elseif ($true) { 2 } else { 3 }", "2"},
      {"return 1\n2", "1"},
      {"Write-Host 'a'; 'b'", "a|b"},
      {"('a' + [char]0x41 + 'b')", "aAb"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.script);
    EXPECT_EQ(ran(each.script), each.printed);
  }
}

// Errors of PowerShell itself, which a script can catch and which end it otherwise.
TEST(PowerShell, FailsWhereStrictModeFails) {
  for (const char* script :
       {"$never", "\"$never\"", "$o = [pscustomobject]@{ A = 1 }\n$o.B", "'x'.Count", "$null.Count",
        "$a = 1\n$a.B = 2", "@(1)[3]", "[int]'x'", "[int]2200000000", "$null.Trim()", "throw 'x'",
        "1 / 0", "$h = @{ A = 1 }\n$h.B", "$h = @{ A = 1 }\n$h.B = 2",
        "try { $x = 1 } finally { $y }", "$ErrorActionPreference = 'Stop'\nTest-Failure"}) {
    std::string caught;
    try {
      ran(script);
    } catch (const ScriptError& error) {
      caught = error.what();
    } catch (const Unsupported& error) {
      // "a member of something else": PowerShell fails too, but with a text that we do not need.
      caught = error.what();
    }
    EXPECT_FALSE(caught.empty()) << script;
  }
}

// Where the scripts would step on what they do not need, or on what few people know.
TEST(PowerShell, RefusesWhatItDoesNotKnow) {
  for (const char* script : {"Unknown-Command",
                             "try { Unknown-Command } catch { }",
                             "ls | sort",
                             "1 | foo",
                             "switch (1) { }",
                             "while ($true) { }",
                             "for (;;) { }",
                             "f @args",
                             "f -Name:1",
                             "$a = 1 -and 0 -or 1",
                             "1 -unknown 2",
                             "'x",
                             "\"x",
                             "'x\ny'",
                             "@{ A = 1",
                             "function f {",
                             "if ($true) 1",
                             "foreach ($x in 1) 2",
                             "$x = [Foo]1",
                             "[math]::Floor(1)",
                             "1.5",
                             "$a:b",
                             "\"$a: b\"",
                             "\"`q\"",
                             "1 / 2",
                             "2147483647 + 1",
                             "@(1) -eq 1",
                             "$true + 1",
                             "1 -lt 'a'",
                             "function f { param($A) }\nf -B 1",
                             "function f { param($A) }\nf 1 2",
                             "function f { param($A) }\nf -A",
                             "function f { param($Alpha) }\nf -Al 1",
                             "notepad.exe",
                             "& 'x'",
                             "$p = 'x'\n& $p 'a\"b'",
                             "$p = 'x'\n& $p 'a b\\'",
                             "$null.x = 1 +",
                             "Write-Host 'a' + 'b'",
                             "Write-Host [int]1",
                             "try { 1 }",
                             "$true = 1",
                             "'\xe2\x80\x99'",
                             "$x = @'\na\n'@",
                             "'a' -match '(?<n>x)'",
                             "Test-Module",
                             "Test-Failure",
                             "Test-Module -ErrorAction Continue",
                             "exit",
                             "$x = if ($true) { 1 }",
                             "!$true",
                             "1..2",
                             "function f { f }\nf",
                             "'abc'.PadLeft(3)",
                             "%{ 1 }",
                             "$x++",
                             "}",
                             "<# x"}) {
    EXPECT_THROW(ran(script), Unsupported) << script;
  }
}

TEST(PowerShell, TurnsStandardErrorIntoErrorsUnderStop) {
  NoPc pc;
  pc.stderr_line = "oops";
  Start start{"C:\\P", "s.ps1", {}};
  EXPECT_THROW(run_script("$ErrorActionPreference = 'Stop'\n$p = 'x'\n$o = & $p 2>&1", start, pc),
               ScriptError);
  EXPECT_EQ(run_script("$p = 'x'\n$o = & $p 2>&1\n$o", start, pc), 0);
  EXPECT_EQ(pc.lines, std::vector<std::string>{"oops"});
}

TEST(PowerShell, TakesParametersOfTheScript) {
  const char* script =
      "[CmdletBinding()]\nparam(\n [switch]$Go,\n [string]$To = 'x'\n)\n\"$Go $To\"";
  EXPECT_EQ(ran(script), "False x");
  EXPECT_EQ(ran(script, {{"go", Value::boolean(true)}, {"to", Value::text("y")}}), "True y");
  EXPECT_THROW(ran(script, {{"other", Value::text("y")}}), ScriptError);
}

}  // namespace
}  // namespace remedia::powershell
