#include "launcher/windows/pc.h"

#include "launcher/output.h"
#include "launcher/text.h"

#include <utility>

namespace remedia::launcher {
namespace {

constexpr std::size_t kMostOutput = 65536;
constexpr DWORD kPipe = 65536;
constexpr DWORD kMostAtOnce = 4 * kPipe;  // a program that prints for ever must not stop the window
constexpr DWORD kLookAgain = 50;          // a pipe cannot be waited for
constexpr std::size_t kMostChildren = 48;  // MsgWaitForMultipleObjects takes 63

std::string two(unsigned value) { return (value < 10 ? "0" : "") + decimal(value); }

std::string now_text() {
  SYSTEMTIME now{};
  GetLocalTime(&now);
  return decimal(now.wYear) + "-" + two(now.wMonth) + "-" + two(now.wDay) + " " + two(now.wHour) +
         ":" + two(now.wMinute) + ":" + two(now.wSecond);
}

std::string log_line(std::string_view text) {
  return now_text() + "  " + replaced(text, "\n", " | ") + "\r\n";
}

// What the child has written so far, of which no more than `most` bytes are kept: false if there
// were more. Never waits.
bool read_pipe(HANDLE pipe, std::string& output, std::size_t most) {
  bool all = true;
  DWORD waiting = 0;
  char buffer[4096];
  for (DWORD total = 0; total < kMostAtOnce;) {
    if (!PeekNamedPipe(pipe, nullptr, 0, nullptr, &waiting, nullptr) || waiting == 0) break;
    DWORD got = 0;
    if (!ReadFile(pipe, buffer, sizeof buffer, &got, nullptr) || got == 0) break;
    const std::size_t room = most - output.size();
    output.append(buffer, got < room ? got : room);
    all = all && got <= room;
    total += got;
  }
  return all;
}

std::string text_of_printed(std::string_view bytes) {
  return is_utf16(bytes) ? text_of_utf16(bytes) : utf8_of_oem(bytes);
}

}  // namespace

Pc::Pc(std::string root, Window* window, std::optional<Date> pretended_today)
    : root_(std::move(root)), window_(window), pretended_today_(pretended_today) {
  stick_ = read_file(root_ + "Remedia\\stick.txt").value_or("");  // of whoever ran before
}

Date Pc::today() {
  if (pretended_today_) return *pretended_today_;
  SYSTEMTIME now{};
  GetLocalTime(&now);  // the firmware clock of a Windows PC shows local time
  return make_date(now.wYear, now.wMonth, now.wDay).value_or(Date{});
}

void Pc::show(const Page& page) {
  // Drivers and volumes are there by the time of the menu.
  if (page.kind != PageKind::busy && !looked_for_stick_) {
    looked_for_stick_ = page.kind == PageKind::menu;
    if (stick_.empty()) find_stick();
  }
  if (window_ != nullptr) window_->show(page);
}

// The drive of the boot.wim, if this PC was started from a medium that has one.
std::string Pc::boot_drive() {
  const std::string control = "SYSTEM\\CurrentControlSet\\Control";
  for (const bool again : {false, true}) {
    const Key key(HKEY_LOCAL_MACHINE, control);
    const std::string drive = key.text("PEBootRamdiskSourceDrive");
    if (drive.size() >= 2 || again) return drive.substr(0, 2);
    run(root_ + "Windows\\System32\\wpeutil.exe UpdateBootInfo");  // which writes it
  }
  return {};
}

// What was logged before the stick was found goes there, too. Where it was found stays known to
// the program that starts after a crash of this one.
void Pc::find_stick() {
  std::vector<Volume> volumes;
  bool any = false;
  for (const std::string& drive : drives_but(root_)) {
    volumes.push_back(volume_facts(drive));
    any = any || volumes.back().removable;
  }
  if (!any) return;
  for (const std::string& drive : log_drives(volumes, boot_drive())) {
    const std::string file = drive + "\\remedia-log.txt";
    const auto so_far = read_file(root_ + "Remedia\\log.txt");
    if (!append_file(file, so_far.value_or(""))) continue;
    stick_ = file;
    write_file(root_ + "Remedia\\stick.txt", file);
    return;
  }
}

void Pc::log(std::string_view text) {
  const std::string line = log_line(text);
  append_file(root_ + "Remedia\\log.txt", line);
  if (!stick_.empty() && !append_file(stick_, line)) stick_.clear();  // pulled out
  if (window_ != nullptr) window_->pulse();
}

void Pc::mark(std::string_view text) { write_file(root_ + "Remedia\\running.txt", text); }

void Pc::clear_mark() { delete_file(root_ + "Remedia\\running.txt"); }

bool Pc::exists(const std::string& path) { return file_exists(path); }

std::optional<std::string> Pc::read(const std::string& path) { return read_file(path); }

bool Pc::write(const std::string& path, std::string_view content) {
  return write_file(path, content);
}

bool Pc::pump() {
  MSG message;
  while (PeekMessageW(&message, nullptr, 0, 0, PM_REMOVE)) {
    if (message.message == WM_QUIT) return false;
    if (window_ != nullptr) window_->handle(message);
  }
  return true;
}

RunResult Pc::run(const std::string& command, std::uint32_t seconds) {
  SECURITY_ATTRIBUTES inherit{sizeof inherit, nullptr, TRUE};
  HANDLE reading = nullptr;
  HANDLE writing = nullptr;
  RunResult result;
  if (!CreatePipe(&reading, &writing, &inherit, 0)) {
    result.code = GetLastError();
    return result;
  }
  const Handle output(reading);
  Handle input(writing);
  SetHandleInformation(reading, HANDLE_FLAG_INHERIT, 0);

  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdOutput = writing;
  startup.hStdError = writing;
  PROCESS_INFORMATION started{};
  std::wstring line = to_wide(command);
  if (!CreateProcessW(nullptr, line.data(), nullptr, nullptr, TRUE, CREATE_NO_WINDOW, nullptr,
                      nullptr, &startup, &started)) {
    result.code = GetLastError();
    return result;
  }
  input.close();
  const Handle process(started.hProcess);
  CloseHandle(started.hThread);
  HANDLE waited = process.get();
  const ULONGLONG end = GetTickCount64() + seconds * 1000ULL;
  bool in_time = true;
  while (in_time &&
         MsgWaitForMultipleObjects(1, &waited, FALSE, 50, QS_ALLINPUT) != WAIT_OBJECT_0) {
    read_pipe(output.get(), result.output, kMostOutput);
    pump();
    in_time = GetTickCount64() < end;
  }
  if (!in_time) TerminateProcess(process.get(), ERROR_TIMEOUT);
  read_pipe(output.get(), result.output, kMostOutput);
  DWORD code = ERROR_TIMEOUT;  // its end may take a while
  if (in_time) GetExitCodeProcess(process.get(), &code);
  result.started = true;
  result.code = code;
  return result;
}

// Nobody may go on looking at this PC after a crash of ours: its job ends with its last handle. A
// tool goes on, for it may be in the middle of a repair.
void Pc::end_with_us(HANDLE job) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

// Starts it in a job, so that end() ends its children, too. `output` is where it prints to; null:
// it gets a console of its own.
std::uint32_t Pc::launch(Child& child, const std::string& command, HANDLE output) {
  SECURITY_ATTRIBUTES inherit{sizeof inherit, nullptr, TRUE};
  Handle nothing;
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  if (output != nullptr) {
    // Whoever asks something gets the end of the file, not an error.
    nothing = Handle(CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit,
                                 OPEN_EXISTING, 0, nullptr));
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = nothing.good() ? nothing.get() : nullptr;
    startup.hStdOutput = output;
    startup.hStdError = output;
  }
  PROCESS_INFORMATION started{};
  std::wstring line = to_wide(command);
  const DWORD console = output != nullptr ? CREATE_NO_WINDOW : CREATE_NEW_CONSOLE;
  if (!CreateProcessW(nullptr, line.data(), nullptr, nullptr, output != nullptr,
                      CREATE_SUSPENDED | console, nullptr, nullptr, &startup, &started)) {
    return GetLastError();
  }
  child.process = Handle(started.hProcess);
  child.job = Handle(CreateJobObjectW(nullptr, nullptr));
  if (child.agent && child.job.good()) end_with_us(child.job.get());
  if (!child.job.good() || !AssignProcessToJobObject(child.job.get(), child.process.get())) {
    child.job.close();
  }
  ResumeThread(started.hThread);
  CloseHandle(started.hThread);
  return 0;
}

std::uint32_t Pc::start(std::size_t id, const std::string& command) {
  return start_in_console(id, command, false);
}

std::uint32_t Pc::start_agent(std::size_t id, const std::string& command) {
  return start_in_console(id, command, true);
}

std::uint32_t Pc::start_in_console(std::size_t id, const std::string& command, bool agent) {
  if (children_.size() >= kMostChildren) return ERROR_TOO_MANY_OPEN_FILES;
  Child child;
  child.id = id;
  child.agent = agent;
  const std::uint32_t error = launch(child, command, nullptr);
  if (error == 0) children_.push_back(std::move(child));
  return error;
}

std::uint32_t Pc::start_quietly(std::size_t id, const std::string& command) {
  if (children_.size() >= kMostChildren) return ERROR_TOO_MANY_OPEN_FILES;
  SECURITY_ATTRIBUTES inherit{sizeof inherit, nullptr, TRUE};
  HANDLE reading = nullptr;
  HANDLE writing = nullptr;
  if (!CreatePipe(&reading, &writing, &inherit, kPipe)) return GetLastError();
  const Handle ours(writing);  // closed here: then the pipe ends with the program
  Child child;
  child.id = id;
  child.output = Handle(reading);
  SetHandleInformation(reading, HANDLE_FLAG_INHERIT, 0);
  const std::uint32_t error = launch(child, command, writing);
  if (error == 0) children_.push_back(std::move(child));
  return error;
}

// A full pipe would stop the program that writes into it.
void Pc::collect(Child& child) {
  if (!child.output.good()) return;
  if (!read_pipe(child.output.get(), child.printed, kMostPrinted)) child.cut = true;
}

// On X: the last one of a tool; on the stick, which goes from PC to PC, all of them.
std::vector<std::string> Pc::keep_output(const std::string& id, std::string_view text) {
  std::vector<std::string> files;
  const std::string folder = root_ + "Remedia\\output";
  const std::string file = folder + "\\" + id + ".txt";
  if (make_folder(folder) && write_file(file, text)) files.push_back(file);
  if (stick_.empty()) return files;
  const std::string far_folder = stick_.substr(0, 2) + "\\remedia-output";
  const std::string far_file = far_folder + "\\" + id + ".txt";
  const std::string head = log_line("----");
  if (make_folder(far_folder) && append_file(far_file, head + std::string(text))) {
    files.push_back(far_file);
  }
  return files;
}

void Pc::end(std::size_t id) {
  for (const Child& child : children_) {
    if (child.id != id) continue;
    if (child.job.good()) {
      TerminateJobObject(child.job.get(), 1);
    } else {
      TerminateProcess(child.process.get(), 1);
    }
  }
}

void Pc::reap(Session& session) {
  for (std::size_t i = 0; i < children_.size();) {
    if (WaitForSingleObject(children_[i].process.get(), 0) != WAIT_OBJECT_0) {
      ++i;
      continue;
    }
    collect(children_[i]);  // the rest of it
    DWORD code = 0;
    GetExitCodeProcess(children_[i].process.get(), &code);
    // What it has started and left behind would keep its port in use.
    if (children_[i].agent && children_[i].job.good())
      TerminateJobObject(children_[i].job.get(), 1);
    const Child child = std::move(children_[i]);
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i));
    session.ended(child.id, code, {text_of_printed(child.printed), child.cut});
  }
}

void Pc::leave() {
  left_ = true;
  if (window_ != nullptr) window_->close();
}

void Pc::loop(Session& session) {
  while (!left_ && pump()) {
    reap(session);
    std::vector<HANDLE> handles;
    bool printing = false;
    for (Child& child : children_) {
      collect(child);
      printing = printing || child.output.good();
      handles.push_back(child.process.get());
    }
    if (left_) break;
    MsgWaitForMultipleObjects(static_cast<DWORD>(handles.size()), handles.data(), FALSE,
                              printing ? kLookAgain : INFINITE, QS_ALLINPUT);
  }
}

}  // namespace remedia::launcher
