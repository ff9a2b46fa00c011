// What the manifest and people are told about the drivers of an image.
#pragma once

#include "media/driver_choice.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace remedia::kinds {

/// How a staged package gets to its devices.
struct DriverWay {
  bool boot_start = false;  ///< registered offline; else loaded by drvload
  std::string why;
};

nlohmann::ordered_json staged_record(const drivers::Choice& choice, const DriverWay& way);
nlohmann::ordered_json left_out_record(const drivers::Choice& choice);

/// The record of a choice as a table, one line for each package; ends in CR LF, for Windows too.
std::string driver_table(const nlohmann::ordered_json& record, std::string_view image);

}  // namespace remedia::kinds
