// Windows in terms of UTF-8: text, files and the registry. Failures are empty results; who asks
// knows what they mean.
#pragma once

#include "launcher/hive.h"
#include "launcher/log_drive.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <windows.h>

namespace remedia::launcher {

std::wstring to_wide(std::string_view text);
std::string to_utf8(std::wstring_view text);
/// Of text in the OEM code page of the system.
std::string utf8_of_oem(std::string_view text);

/// Closes what CreateFile, CreateProcess and their kin gave.
class Handle {
 public:
  explicit Handle(HANDLE handle = nullptr) : handle_(handle) {}
  Handle(Handle&& other) noexcept : handle_(other.release()) {}
  Handle& operator=(Handle&& other) noexcept;
  ~Handle() { close(); }

  HANDLE get() const { return handle_; }
  bool good() const { return handle_ != nullptr && handle_ != INVALID_HANDLE_VALUE; }
  HANDLE release();
  void close();

 private:
  HANDLE handle_;
};

bool file_exists(const std::string& path);
/// At most 32 MiB.
std::optional<std::string> read_file(const std::string& path);
bool write_file(const std::string& path, std::string_view content);
bool append_file(const std::string& path, std::string_view content);
bool delete_file(const std::string& path);
/// Makes a folder; true if it is there afterwards.
bool make_folder(const std::string& path);
/// Names in `folder` that match `pattern`, which holds * or ?; sorted.
std::vector<std::string> list_files(const std::string& folder, const std::string& pattern);

/// `D:` and so on: fixed and removable drives but that of `root`.
std::vector<std::string> drives_but(const std::string& root);
/// The label of the volume, or nothing if it cannot be read; `error` says why.
std::optional<std::string> volume_label(const std::string& drive, DWORD& error);

/// What log_drives() asks for.
Volume volume_facts(const std::string& drive);

/// A key of the registry, open for reading.
class Key {
 public:
  Key(HKEY parent, const std::string& path);
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key();

  bool good() const { return key_ != nullptr; }
  HKEY get() const { return key_; }
  std::vector<std::string> subkeys() const;
  std::string text(const std::string& name) const;  ///< REG_SZ, and REG_DWORD in decimal
  std::vector<std::string> texts(const std::string& name) const;  ///< REG_MULTI_SZ

 private:
  HKEY key_ = nullptr;
};

/// A file that is only read, for Hive; whoever else has it open may go on.
class FileSource final : public HiveSource {
 public:
  explicit FileSource(const std::string& path);
  std::string read(std::uint64_t offset, std::size_t size) override;

 private:
  Handle file_;
};

}  // namespace remedia::launcher
