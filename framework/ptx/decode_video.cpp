// SPDX-License-Identifier: Apache-2.0
// Video instructions, PTX ISA §9.7.18: scalar ones on parts of registers, and those on two halves
// or four bytes.
#include <fmt/format.h>

#include <array>
#include <bit>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptx/chapters.h"
#include "ptx/video.h"

namespace fitest::ptx {
namespace {

template <class Value>
struct Row {
  std::string_view name;
  Value value;
};

constexpr std::array kOperations{
    Row<VideoOperation>{"vadd", VideoOperation::Add},
    Row<VideoOperation>{"vsub", VideoOperation::Subtract},
    Row<VideoOperation>{"vabsdiff", VideoOperation::Difference},
    Row<VideoOperation>{"vmin", VideoOperation::Minimum},
    Row<VideoOperation>{"vmax", VideoOperation::Maximum},
    Row<VideoOperation>{"vavrg", VideoOperation::Average},
    Row<VideoOperation>{"vshl", VideoOperation::ShiftLeft},
    Row<VideoOperation>{"vshr", VideoOperation::ShiftRight},
    Row<VideoOperation>{"vmad", VideoOperation::MultiplyAdd},
    Row<VideoOperation>{"vset", VideoOperation::Compare},
};
constexpr std::array kSeconds{
    Row<VideoSecond>{"add", VideoSecond::Add},
    Row<VideoSecond>{"min", VideoSecond::Minimum},
    Row<VideoSecond>{"max", VideoSecond::Maximum},
};
constexpr std::array kCompares{
    Row<VideoCompare>{"eq", VideoCompare::Equal},
    Row<VideoCompare>{"ne", VideoCompare::NotEqual},
    Row<VideoCompare>{"lt", VideoCompare::Less},
    Row<VideoCompare>{"le", VideoCompare::LessEqual},
    Row<VideoCompare>{"gt", VideoCompare::Greater},
    Row<VideoCompare>{"ge", VideoCompare::GreaterEqual},
};
constexpr std::array kParts{
    Row<std::uint8_t>{"", 0},   Row<std::uint8_t>{"b0", 1}, Row<std::uint8_t>{"b1", 2},
    Row<std::uint8_t>{"b2", 3}, Row<std::uint8_t>{"b3", 4}, Row<std::uint8_t>{"h0", 5},
    Row<std::uint8_t>{"h1", 6},
};

template <class Value, std::size_t kSize>
std::optional<Value> find(const std::array<Row<Value>, kSize>& rows, std::string_view name) {
  for (const Row<Value>& row : rows) {
    if (row.name == name) return row.value;
  }
  return std::nullopt;
}

[[noreturn]] void refuse(std::string_view what, std::string_view name) {
  throw Unsupported{fmt::format("the {} .{}", what, name)};
}

// What the modifiers say, whatever the operation.
struct Modifiers {
  std::vector<bool> is_signed;  // of the types in their order
  std::optional<VideoCompare> compare;
  VideoSecond second = VideoSecond::None;
  std::uint8_t flags = 0;
  std::uint8_t scale = 0;
};

Modifiers read_modifiers(const Instruction& instruction) {
  Modifiers all;
  for (const std::string& name : instruction.modifiers) {
    if (name == "u32" || name == "s32") {
      all.is_signed.push_back(name == "s32");
    } else if (name == "sat") {
      all.flags |= kVideoSaturate;
    } else if (name == "wrap") {
      all.flags |= kVideoWrap;
    } else if (name == "po") {
      all.flags |= kVideoPlusOne;
    } else if (name == "shr7" || name == "shr15") {
      all.scale = name == "shr7" ? 7 : 15;
    } else if (const auto second = find(kSeconds, name)) {
      all.second = *second;
    } else if (const auto compare = find(kCompares, name)) {
      all.compare = compare;
    } else if (name != "clamp") {
      refuse("modifier", name);
    }
  }
  return all;
}

// vset has no type of the result: it is unsigned.
std::uint8_t flags_of(const Modifiers& modifiers, VideoOperation operation) {
  std::vector<bool> types = modifiers.is_signed;
  if (operation == VideoOperation::Compare) types.insert(types.begin(), false);
  if (types.size() != 3) throw Unsupported{"a video instruction without its types"};
  if ((operation == VideoOperation::Compare) != modifiers.compare.has_value()) {
    throw Unsupported{"this comparison"};
  }
  return static_cast<std::uint8_t>(modifiers.flags | (types[0] ? kVideoSignedD : 0) |
                                   (types[1] ? kVideoSignedA : 0) | (types[2] ? kVideoSignedB : 0));
}

// The operand without the selector that this chapter has read.
Operand whole(const Operand& operand) {
  Operand plain = operand;
  if (plain.reg >= 0) plain.name.clear();
  return plain;
}

std::string_view selector_of(const Operand& operand) {
  return operand.reg >= 0 ? std::string_view(operand.name) : std::string_view();
}

std::uint8_t part_code(std::string_view selector) {
  const auto part = find(kParts, selector);
  if (!part) refuse("selector", selector);
  return *part;
}

std::uint8_t read_part(const Operand& operand) {
  return part_code(selector_of(operand));
}

// An H100 and the pseudocode of the PTX ISA give different results for some forms.
constexpr std::string_view kDisputed =
    "a form of a video instruction for which GPUs do not follow the PTX ISA; use plain "
    "instructions";

bool is_disputed(const VideoForm& form, bool multiplies) {
  const bool saturates = (form.flags & kVideoSaturate) != 0;
  const bool shifts =
      form.operation == VideoOperation::ShiftLeft || form.operation == VideoOperation::ShiftRight;
  if (multiplies) {
    const bool is_signed = (form.flags & (kVideoSignedA | kVideoSignedB)) != 0;
    return !is_signed && (saturates || form.scale != 0);
  }
  switch (form.second) {
    case VideoSecond::None:
      return false;
    case VideoSecond::Merge:
      return shifts || saturates || form.d_part == part_code("h1");
    case VideoSecond::Add:
      return shifts || form.operation == VideoOperation::Compare;
    default:
      return shifts || form.operation == VideoOperation::Compare || !saturates;
  }
}

void emit_video(Decoder& decoder, std::string_view entry, std::int64_t form) {
  const bool has_c = decoder.instruction().operands.size() > 3;
  const Ref a = decoder.source(whole(decoder.operand(1)), 'w');
  const Ref b = decoder.source(whole(decoder.operand(2)), 'w');
  const Ref c = has_c ? decoder.source(whole(decoder.operand(3)), 'w') : decoder.constant(0, 'w');
  const Ref d = decoder.destination(whole(decoder.operand(0)), 'w');
  Op& op = decoder.emit(entry);
  op.d = d;
  op.a = a;
  op.b = b;
  op.c = c;
  op.imm = form;
}

void decode_scalar(Decoder& decoder, VideoOperation operation) {
  const Modifiers modifiers = read_modifiers(decoder.instruction());
  const bool multiplies = operation == VideoOperation::MultiplyAdd;
  VideoForm form;
  form.operation = operation;
  form.second = modifiers.second;
  form.compare = modifiers.compare.value_or(VideoCompare::Equal);
  form.flags = flags_of(modifiers, operation);
  form.scale = modifiers.scale;
  form.d_part = read_part(decoder.operand(0));
  form.a_part = read_part(decoder.operand(1));
  form.b_part = read_part(decoder.operand(2));
  if (form.d_part != 0) form.second = VideoSecond::Merge;
  const bool has_c = decoder.instruction().operands.size() > 3;
  if (is_disputed(form, multiplies)) throw Unsupported{std::string(kDisputed)};
  if (!has_c && (multiplies || form.second != VideoSecond::None)) {
    throw Unsupported{"this form without a third source"};
  }
  emit_video(decoder, multiplies ? "$vmad" : "$video", std::bit_cast<std::int64_t>(form));
}

// "h32" for two elements, "b7654" for four: the highest first.
std::uint16_t read_select(const Operand& operand, std::size_t count, std::uint16_t usual) {
  const std::string_view name = selector_of(operand);
  if (name.empty()) return usual;
  if (name.size() != count + 1 || name[0] != (count == 2 ? 'h' : 'b')) refuse("selector", name);
  std::uint16_t select = 0;
  for (const char digit : name.substr(1)) {
    const int number = digit - '0';
    if (number < 0 || number >= static_cast<int>(2 * count)) refuse("selector", name);
    select = static_cast<std::uint16_t>(select << 4 | number);
  }
  return select;
}

// "h1", "b310": the elements of d that the results go to.
std::uint8_t read_mask(const Operand& operand, std::size_t count) {
  const std::string_view name = selector_of(operand);
  if (name.empty()) return count == 2 ? 0x3 : 0xF;
  if (name.size() < 2 || name[0] != (count == 2 ? 'h' : 'b')) refuse("mask", name);
  int above = static_cast<int>(count);
  std::uint8_t mask = 0;
  for (const char digit : name.substr(1)) {
    const int number = digit - '0';
    if (number < 0 || number >= above) refuse("mask", name);
    mask = static_cast<std::uint8_t>(mask | 1 << number);
    above = number;
  }
  return mask;
}

void decode_vector(Decoder& decoder, VideoOperation operation, std::size_t count) {
  const Modifiers modifiers = read_modifiers(decoder.instruction());
  const bool accumulates = modifiers.second == VideoSecond::Add;
  if (modifiers.second != VideoSecond::None && !accumulates)
    throw Unsupported{"this second operation"};
  const bool exists = operation != VideoOperation::ShiftLeft &&
                      operation != VideoOperation::ShiftRight &&
                      operation != VideoOperation::MultiplyAdd;
  if (!exists || decoder.instruction().operands.size() != 4) {
    throw Unsupported{"this form of a SIMD video instruction"};
  }
  VideoVectorForm form;
  form.operation = operation;
  form.compare = modifiers.compare.value_or(VideoCompare::Equal);
  form.flags = flags_of(modifiers, operation);
  form.mask = read_mask(decoder.operand(0), count);
  if (accumulates) form.mask |= kVideoAccumulate;
  form.a_select = read_select(decoder.operand(1), count, count == 2 ? 0x10 : 0x3210);
  form.b_select = read_select(decoder.operand(2), count, count == 2 ? 0x32 : 0x7654);
  emit_video(decoder, count == 2 ? "$video2" : "$video4", std::bit_cast<std::int64_t>(form));
}

}  // namespace

void decode_video(Decoder& decoder) {
  std::string_view opcode = decoder.instruction().opcode;
  const char last = opcode.back();
  const std::size_t count = last == '2' ? 2 : last == '4' ? 4 : 1;
  if (count != 1) opcode.remove_suffix(1);
  const auto operation = find(kOperations, opcode);
  if (!operation) throw Unsupported{"this video instruction"};
  if (count == 1) return decode_scalar(decoder, *operation);
  decode_vector(decoder, *operation, count);
}

}  // namespace fitest::ptx
