#include "launcher/windows/system.h"

#include "launcher/drivers.h"
#include "launcher/text.h"

#include <algorithm>
#include <utility>

#include <winioctl.h>

namespace remedia::launcher {

namespace {

std::wstring wide_of(UINT code_page, std::string_view text) {
  const int size = static_cast<int>(text.size());
  const int needed = MultiByteToWideChar(code_page, 0, text.data(), size, nullptr, 0);
  std::wstring wide(static_cast<std::size_t>(needed), L'\0');
  MultiByteToWideChar(code_page, 0, text.data(), size, wide.data(), needed);
  return wide;
}

}  // namespace

std::wstring to_wide(std::string_view text) { return wide_of(CP_UTF8, text); }

std::string utf8_of_oem(std::string_view text) { return to_utf8(wide_of(CP_OEMCP, text)); }

std::string to_utf8(std::wstring_view text) {
  const int size = static_cast<int>(text.size());
  const int needed =
      WideCharToMultiByte(CP_UTF8, 0, text.data(), size, nullptr, 0, nullptr, nullptr);
  std::string utf8(static_cast<std::size_t>(needed), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), size, utf8.data(), needed, nullptr, nullptr);
  return utf8;
}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    close();
    handle_ = other.release();
  }
  return *this;
}

HANDLE Handle::release() { return std::exchange(handle_, nullptr); }

void Handle::close() {
  if (good()) CloseHandle(handle_);
  handle_ = nullptr;
}

namespace {

constexpr std::size_t kLargestFile = kLargestDriverIndex;  // the largest that there is to read

Handle open_file(const std::string& path, DWORD access, DWORD disposition) {
  return Handle(CreateFileW(to_wide(path).c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE,
                            nullptr, disposition, FILE_ATTRIBUTE_NORMAL, nullptr));
}

bool write_all(HANDLE file, std::string_view content) {
  DWORD written = 0;
  return WriteFile(file, content.data(), static_cast<DWORD>(content.size()), &written, nullptr) &&
         written == content.size();
}

}  // namespace

bool file_exists(const std::string& path) {
  return GetFileAttributesW(to_wide(path).c_str()) != INVALID_FILE_ATTRIBUTES;
}

std::optional<std::string> read_file(const std::string& path) {
  const Handle file = open_file(path, GENERIC_READ, OPEN_EXISTING);
  LARGE_INTEGER size{};
  if (!file.good() || !GetFileSizeEx(file.get(), &size)) return std::nullopt;
  if (size.QuadPart < 0 || static_cast<ULONGLONG>(size.QuadPart) > kLargestFile) {
    return std::nullopt;
  }
  std::string content(static_cast<std::size_t>(size.QuadPart), '\0');
  DWORD got = 0;
  if (!ReadFile(file.get(), content.data(), static_cast<DWORD>(content.size()), &got, nullptr)) {
    return std::nullopt;
  }
  content.resize(got);
  return content;
}

bool write_file(const std::string& path, std::string_view content) {
  const Handle file = open_file(path, GENERIC_WRITE, CREATE_ALWAYS);
  return file.good() && write_all(file.get(), content);
}

bool append_file(const std::string& path, std::string_view content) {
  const Handle file = open_file(path, FILE_APPEND_DATA, OPEN_ALWAYS);
  // Flushed: the next thing that happens may be a crash or a pulled stick.
  return file.good() && write_all(file.get(), content) && FlushFileBuffers(file.get());
}

bool delete_file(const std::string& path) { return DeleteFileW(to_wide(path).c_str()) != 0; }

bool make_folder(const std::string& path) {
  const std::wstring wide = to_wide(path);
  return CreateDirectoryW(wide.c_str(), nullptr) != 0 || GetLastError() == ERROR_ALREADY_EXISTS;
}

std::vector<std::string> list_files(const std::string& folder, const std::string& pattern) {
  std::vector<std::string> names;
  WIN32_FIND_DATAW found{};
  const HANDLE search = FindFirstFileW(to_wide(folder + pattern).c_str(), &found);
  if (search == INVALID_HANDLE_VALUE) return names;
  do {
    if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
      names.push_back(to_utf8(found.cFileName));
    }
  } while (names.size() < 1000 && FindNextFileW(search, &found));
  FindClose(search);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> drives_but(const std::string& root) {
  std::vector<std::string> drives;
  const DWORD present = GetLogicalDrives();
  for (int i = 0; i < 26; ++i) {
    const std::string drive = std::string(1, static_cast<char>('A' + i)) + ":";
    if ((present >> i & 1U) == 0 || same_ascii(drive, root.substr(0, 2))) continue;
    const UINT type = GetDriveTypeW(to_wide(drive + "\\").c_str());
    if (type == DRIVE_FIXED || type == DRIVE_REMOVABLE) drives.push_back(drive);
  }
  return drives;
}

std::optional<std::string> volume_label(const std::string& drive, DWORD& error) {
  wchar_t label[MAX_PATH + 1] = {};
  if (!GetVolumeInformationW(to_wide(drive + "\\").c_str(), label, MAX_PATH + 1, nullptr, nullptr,
                             nullptr, nullptr, 0)) {
    error = GetLastError();
    return std::nullopt;
  }
  return to_utf8(label);
}

namespace {

// Asks the device below `drive`; needs no right to read it.
bool ask_device(const std::string& drive, DWORD question, void* in, DWORD in_size, void* out,
                DWORD out_size) {
  const Handle device(CreateFileW(to_wide("\\\\.\\" + drive).c_str(), 0,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0,
                                  nullptr));
  DWORD got = 0;
  return device.good() &&
         DeviceIoControl(device.get(), question, in, in_size, out, out_size, &got, nullptr) != 0;
}

// A disk at USB is fixed for GetDriveType; a stick or a card is not. The bus of a card says
// nothing: memory that is soldered to the board (eMMC) has the same one, and is a disk of the PC.
bool is_removable(const std::string& drive) {
  if (GetDriveTypeW(to_wide(drive + "\\").c_str()) == DRIVE_REMOVABLE) return true;
  STORAGE_PROPERTY_QUERY query{};
  query.PropertyId = StorageDeviceProperty;
  query.QueryType = PropertyStandardQuery;
  alignas(STORAGE_DEVICE_DESCRIPTOR) char answer[1024] = {};
  if (!ask_device(drive, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof query, answer,
                  sizeof answer)) {
    return false;
  }
  return reinterpret_cast<const STORAGE_DEVICE_DESCRIPTOR*>(answer)->BusType == BusTypeUsb;
}

}  // namespace

Volume volume_facts(const std::string& drive) {
  Volume volume;
  volume.drive = drive;
  volume.removable = is_removable(drive);
  volume.marked = file_exists(drive + "\\remedia.usb");
  STORAGE_DEVICE_NUMBER number{};
  if (ask_device(drive, IOCTL_STORAGE_GET_DEVICE_NUMBER, nullptr, 0, &number, sizeof number)) {
    volume.disk = static_cast<int>(number.DeviceNumber);
  }
  return volume;
}

Key::Key(HKEY parent, const std::string& path) {
  if (RegOpenKeyExW(parent, to_wide(path).c_str(), 0, KEY_READ, &key_) != ERROR_SUCCESS) {
    key_ = nullptr;
  }
}

Key::~Key() {
  if (key_ != nullptr) RegCloseKey(key_);
}

std::vector<std::string> Key::subkeys() const {
  std::vector<std::string> names;
  if (!good()) return names;
  wchar_t name[256];
  for (DWORD i = 0; i < 10000; ++i) {
    DWORD size = 256;
    if (RegEnumKeyExW(key_, i, name, &size, nullptr, nullptr, nullptr, nullptr) != ERROR_SUCCESS) {
      break;
    }
    names.push_back(to_utf8(std::wstring_view(name, size)));
  }
  return names;
}

namespace {

// The bytes of a value of `type` as UTF-16, at most 64 KiB; empty if it is of another type.
std::wstring wide_value(HKEY key, const std::string& name, DWORD type) {
  DWORD found = 0;
  DWORD size = 0;
  const std::wstring wide = to_wide(name);
  if (RegQueryValueExW(key, wide.c_str(), nullptr, &found, nullptr, &size) != ERROR_SUCCESS ||
      found != type || size > 65536) {
    return {};
  }
  std::wstring value(size / 2 + 1, L'\0');
  size = static_cast<DWORD>(value.size() * 2);
  auto* bytes = reinterpret_cast<BYTE*>(value.data());
  if (RegQueryValueExW(key, wide.c_str(), nullptr, &found, bytes, &size) != ERROR_SUCCESS) {
    return {};
  }
  value.resize(size / 2);
  return value;
}

}  // namespace

std::string Key::text(const std::string& name) const {
  if (!good()) return {};
  DWORD number = 0;
  DWORD size = sizeof number;
  DWORD type = 0;
  auto* bytes = reinterpret_cast<BYTE*>(&number);
  if (RegQueryValueExW(key_, to_wide(name).c_str(), nullptr, &type, bytes, &size) ==
          ERROR_SUCCESS &&
      type == REG_DWORD) {
    return decimal(number);
  }
  const std::wstring value = wide_value(key_, name, REG_SZ);
  return to_utf8(std::wstring_view(value).substr(0, value.find(L'\0')));
}

std::vector<std::string> Key::texts(const std::string& name) const {
  std::vector<std::string> found;
  if (!good()) return found;
  const std::wstring value = wide_value(key_, name, REG_MULTI_SZ);
  std::wstring_view rest = value;
  while (!rest.empty()) {
    const std::size_t end = rest.find(L'\0');
    if (end != 0) found.push_back(to_utf8(rest.substr(0, end)));
    rest = end == std::wstring_view::npos ? std::wstring_view() : rest.substr(end + 1);
  }
  return found;
}

FileSource::FileSource(const std::string& path)
    : file_(CreateFileW(to_wide(path).c_str(), GENERIC_READ,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                        OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr)) {}

std::string FileSource::read(std::uint64_t offset, std::size_t size) {
  LARGE_INTEGER place{};
  place.QuadPart = static_cast<LONGLONG>(offset);
  std::string bytes(size, '\0');
  DWORD got = 0;
  if (!file_.good() || !SetFilePointerEx(file_.get(), place, nullptr, FILE_BEGIN) ||
      !ReadFile(file_.get(), bytes.data(), static_cast<DWORD>(size), &got, nullptr)) {
    return {};
  }
  bytes.resize(got);
  return bytes;
}

}  // namespace remedia::launcher
