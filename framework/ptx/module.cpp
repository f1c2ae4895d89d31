// SPDX-License-Identifier: Apache-2.0
#include "ptx/module.h"

#include <algorithm>
#include <array>

namespace fitest::ptx {
namespace {

struct TypeRow {
  Type type;
  std::string_view name;
  int bits;
};

constexpr std::array kTypes{
    TypeRow{Type::None, "", 0},          TypeRow{Type::B8, "b8", 8},
    TypeRow{Type::B16, "b16", 16},       TypeRow{Type::B32, "b32", 32},
    TypeRow{Type::B64, "b64", 64},       TypeRow{Type::B128, "b128", 128},
    TypeRow{Type::U8, "u8", 8},          TypeRow{Type::U16, "u16", 16},
    TypeRow{Type::U32, "u32", 32},       TypeRow{Type::U64, "u64", 64},
    TypeRow{Type::S8, "s8", 8},          TypeRow{Type::S16, "s16", 16},
    TypeRow{Type::S32, "s32", 32},       TypeRow{Type::S64, "s64", 64},
    TypeRow{Type::F16, "f16", 16},       TypeRow{Type::F16x2, "f16x2", 32},
    TypeRow{Type::BF16, "bf16", 16},     TypeRow{Type::BF16x2, "bf16x2", 32},
    TypeRow{Type::TF32, "tf32", 32},     TypeRow{Type::F32, "f32", 32},
    TypeRow{Type::F64, "f64", 64},       TypeRow{Type::E4M3, "e4m3", 8},
    TypeRow{Type::E5M2, "e5m2", 8},      TypeRow{Type::E4M3x2, "e4m3x2", 16},
    TypeRow{Type::E5M2x2, "e5m2x2", 16}, TypeRow{Type::Pred, "pred", 1},
};

constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].type != static_cast<Type>(i)) return false;
  }
  return true;
}
static_assert(rows_follow_the_enum());

const TypeRow& row_of(Type type) {
  return kTypes[static_cast<std::size_t>(type)];
}

}  // namespace

std::string_view name_of(Type type) {
  return row_of(type).name;
}

std::optional<Type> type_from_name(std::string_view name) {
  const auto row = std::find_if(kTypes.begin() + 1, kTypes.end(),
                                [&](const TypeRow& candidate) { return candidate.name == name; });
  if (row == kTypes.end()) return std::nullopt;
  return row->type;
}

int bits_of(Type type) {
  return row_of(type).bits;
}

std::uint64_t Variable::size_bytes() const {
  const auto element = static_cast<std::uint64_t>((bits_of(type) + 7) / 8) *
                       static_cast<std::uint64_t>(vector_width);
  return element * count.value_or(1);
}

std::uint64_t Variable::alignment_bytes() const {
  if (alignment != 0) return alignment;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(bits_of(type) / 8 * vector_width));
}

std::string Instruction::full_opcode() const {
  std::string text = opcode;
  for (const std::string& modifier : modifiers) {
    text += '.';
    text += modifier;
  }
  return text;
}

const Function* Module::find_function(const std::string& name) const {
  const auto alias = aliases.find(name);
  const std::string& wanted = alias == aliases.end() ? name : alias->second;
  const auto found = std::find_if(functions.begin(), functions.end(),
                                  [&](const Function& f) { return f.name == wanted; });
  return found == functions.end() ? nullptr : &*found;
}

}  // namespace fitest::ptx
