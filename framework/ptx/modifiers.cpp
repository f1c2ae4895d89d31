// SPDX-License-Identifier: Apache-2.0
#include "ptx/modifiers.h"

#include <algorithm>
#include <array>

namespace fitest::ptx {
namespace {

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::optional<StateSpace> space_of(std::string_view modifier) {
  static constexpr std::pair<std::string_view, StateSpace> spaces[] = {
      {"global", StateSpace::Global},      {"shared", StateSpace::Shared},
      {"shared::cta", StateSpace::Shared}, {"shared::cluster", StateSpace::Shared},
      {"local", StateSpace::Local},        {"const", StateSpace::Const},
      {"param", StateSpace::Param},        {"param::entry", StateSpace::Param},
      {"param::func", StateSpace::Param},
  };
  for (const auto& [name, space] : spaces) {
    if (name == modifier) return space;
  }
  return std::nullopt;
}

bool is_order(std::string_view modifier) {
  static constexpr std::array<std::string_view, 8> orders = {
      "weak", "relaxed", "acquire", "release", "acq_rel", "sc", "volatile", "mmio"};
  return contains(orders, modifier);
}

bool is_scope(std::string_view modifier) {
  static constexpr std::array<std::string_view, 4> scopes = {"cta", "cluster", "gpu", "sys"};
  return contains(scopes, modifier);
}

bool is_cache_hint(std::string_view modifier) {
  static constexpr std::array<std::string_view, 9> hints = {"nc", "ca", "cg", "cs",     "lu",
                                                            "cv", "wb", "wt", "unified"};
  return contains(hints, modifier) || modifier.starts_with("L1::") || modifier.starts_with("L2::");
}

bool has_modifier(const Instruction& instruction, std::string_view name) {
  return std::find(instruction.modifiers.begin(), instruction.modifiers.end(), name) !=
         instruction.modifiers.end();
}

}  // namespace fitest::ptx
