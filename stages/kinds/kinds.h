// The vocabulary: one file in this folder for each word of the recipe language.
//
// File = constructor = ninja label = schema = help topic. A new kind is one file and one line here.
#pragma once

#include "graph/stage.h"
#include "recipe/schema.h"

#include <span>
#include <vector>

namespace remedia::kinds {

extern const graph::Kind project;
extern const graph::Kind download;
extern const graph::Kind source;
extern const graph::Kind overlay;
extern const graph::Kind remove;
extern const graph::Kind registry;
extern const graph::Kind drivers;
extern const graph::Kind defender;
extern const graph::Kind debuggers;
extern const graph::Kind symbols;
extern const graph::Kind tool;
extern const graph::Kind remote;
extern const graph::Kind tier;
extern const graph::Kind wim;
extern const graph::Kind iso;
extern const graph::Kind usb;
extern const graph::Kind wds;
extern const graph::Kind partition;
// Stages that no recipe names:
extern const graph::Kind component;
extern const graph::Kind driver_files;
extern const graph::Kind definition_files;
extern const graph::Kind symbol_files;
extern const graph::Kind symbol_ids;
extern const graph::Kind symbol_search;
extern const graph::Kind settings;
extern const graph::Kind recovery;
extern const graph::Kind copy;
extern const graph::Kind inputs;
extern const graph::Kind lock;      // before `manifest`: what is planned by then has to wait for it
extern const graph::Kind manifest;  // every product has one

/// In the order of `remedia help`.
inline std::span<const graph::Kind> all() {
  static const graph::Kind table[] = {
      project,      download,   source,        overlay,   remove,    registry,     drivers,
      defender,     debuggers,  symbols,       tool,      remote,    tier,         wim,
      iso,          usb,        wds,           partition, component, driver_files, definition_files,
      symbol_files, symbol_ids, symbol_search, settings,  recovery,  copy,         inputs,
      lock,         manifest};
  return table;
}

/// The schemas of the kinds that recipes can name.
inline std::span<const recipe::Schema* const> schemas() {
  static const std::vector<const recipe::Schema*> table = [] {
    std::vector<const recipe::Schema*> out;
    for (const graph::Kind& kind : all()) {
      if (kind.schema != nullptr) out.push_back(kind.schema);
    }
    return out;
  }();
  return table;
}

}  // namespace remedia::kinds
