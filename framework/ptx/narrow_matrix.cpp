// SPDX-License-Identifier: Apache-2.0
// Registers lie as those of matrix.h: a block of A or B is 8 rows of 128 bits, a lane of f64 has
// one element of 8 rows of 4; C has two registers for a block of 8 by 8.
#include "ptx/narrow_matrix.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string_view>

#include "ptx/arithmetic.h"
#include "ptx/exec_fragment.h"
#include "ptx/lanes.h"
#include "ptx/modifiers.h"

namespace fitest::ptx {

using namespace baseline;

namespace {

using Kind = NarrowForm::Kind;

constexpr std::size_t kHeader = 3;  // as encode_multiply(): its third word counts the rows

// Shapes: the PTX ISA's table of mma.
struct ShapeRow {
  std::string_view shape;
  std::string_view operand;  // of 4 bits: "s4"
  std::size_t row_blocks;
  std::size_t k_blocks;
};
constexpr std::array kShapes{
    ShapeRow{"m8n8k32", "s4", 1, 1},   ShapeRow{"m16n8k32", "s4", 2, 1},
    ShapeRow{"m16n8k64", "s4", 2, 2},  ShapeRow{"m8n8k128", "b1", 1, 1},
    ShapeRow{"m16n8k128", "b1", 2, 1}, ShapeRow{"m16n8k256", "b1", 2, 2},
    ShapeRow{"m8n8k4", "f64", 1, 1},   ShapeRow{"m16n8k4", "f64", 2, 1},
    ShapeRow{"m16n8k8", "f64", 2, 2},  ShapeRow{"m16n8k16", "f64", 2, 4},
};

bool is_nibble(std::string_view type) {
  return type == "s4" || type == "u4";
}

// "s32", "s4", "u4", "s32" where they follow each other.
std::size_t find_types(const std::vector<std::string>& modifiers) {
  for (std::size_t i = 0; i + 4 <= modifiers.size(); ++i) {
    const bool narrow = is_nibble(modifiers[i + 1]) && is_nibble(modifiers[i + 2]);
    const bool bits = modifiers[i + 1] == "b1" && modifiers[i + 2] == "b1";
    const bool sums = modifiers[i] == "s32" && modifiers[i + 3] == "s32";
    if ((narrow || bits) && sums) return i;
    const auto first = modifiers.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::all_of(first, first + 4, [](const auto& type) { return type == "f64"; })) return i;
  }
  return modifiers.size();
}

std::int32_t nibble(std::uint32_t word, int index, bool is_signed) {
  const std::uint32_t up = word << (28 - 4 * index);
  return is_signed ? static_cast<std::int32_t>(up) >> 28 : static_cast<std::int32_t>(up >> 28);
}

std::int32_t dot(const NarrowForm& form, std::uint32_t a, std::uint32_t b) {
  if (form.kind == Kind::Xor) return std::popcount(a ^ b);
  if (form.kind == Kind::And) return std::popcount(a & b);
  std::int32_t sum = 0;
  for (int i = 0; i < 8; ++i) sum += nibble(a, i, form.a_signed) * nibble(b, i, form.b_signed);
  return sum;
}

// The rows of an operand, read before any is written.
template <class Word>
using Block = std::array<Word, kLanes>;

template <class Word>
std::vector<Block<Word>> read_rows(const Warp& warp, const std::uint32_t* refs, std::size_t count) {
  std::vector<Block<Word>> rows(count);
  for (auto& row : rows) {
    const auto* from = reinterpret_cast<const Word*>(row_of(warp, *refs++));
    std::copy(from, from + kLanes, row.begin());
  }
  return rows;
}

template <class Word>
struct Operands {
  std::vector<Block<Word>> a;
  std::vector<Block<Word>> b;
};

std::uint32_t accumulate(const NarrowForm& form, std::int64_t products, std::uint32_t c) {
  const std::int64_t exact = products + static_cast<std::int32_t>(c);
  constexpr std::int64_t kLow = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t kHigh = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::uint32_t>(form.satfinite ? std::clamp(exact, kLow, kHigh) : exact);
}

// One element of the result: row g of a block of rows, and a column.
std::uint32_t element(const NarrowForm& form, const Operands<std::uint32_t>& from,
                      std::array<std::size_t, 3> at, std::uint32_t c) {
  const auto [block, g, column] = at;
  std::int64_t products = 0;
  for (std::size_t k = 0; k < form.k_blocks; ++k) {
    const auto& a = from.a[k * form.row_blocks + block];
    const auto& b = from.b[k];
    for (std::size_t t = 0; t < 4; ++t) {
      products += dot(form, a[4 * g + t], b[4 * column + t]);
    }
  }
  return accumulate(form, products, c);
}

using Fused = f64 (*)(f64, f64, f64);
constexpr std::array<Fused, 4> kFused{&fused<Rounding::Nearest>, &fused<Rounding::Zero>,
                                      &fused<Rounding::Down>, &fused<Rounding::Up>};
constexpr std::array<std::string_view, 4> kRoundings{"rn", "rz", "rm", "rp"};

std::uint64_t element(const NarrowForm& form, const Operands<std::uint64_t>& from,
                      std::array<std::size_t, 3> at, std::uint64_t c) {
  const auto [block, g, column] = at;
  const Fused fused_add = kFused[form.rounding];
  double sum = std::bit_cast<double>(c);
  for (std::size_t k = 0; k < form.k_blocks; ++k) {
    const auto& a = from.a[k * form.row_blocks + block];
    const auto& b = from.b[k];
    for (std::size_t t = 0; t < 4; ++t) {
      sum = fused_add(std::bit_cast<double>(a[4 * g + t]), std::bit_cast<double>(b[4 * column + t]),
                      sum);
    }
  }
  return std::bit_cast<std::uint64_t>(sum);
}

template <class Word>
void multiply(const NarrowForm& form, const Warp& warp, const std::uint32_t* refs) {
  const std::size_t sums = 2 * form.row_blocks;
  const std::uint32_t* d = refs;
  const std::uint32_t* a = d + sums;
  const std::uint32_t* b = a + form.row_blocks * form.k_blocks;
  const Operands<Word> from{read_rows<Word>(warp, a, form.row_blocks * form.k_blocks),
                            read_rows<Word>(warp, b, form.k_blocks)};
  std::vector<Block<Word>> results = read_rows<Word>(warp, b + form.k_blocks, sums);
  for (std::size_t r = 0; r < sums; ++r) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      Word& value = results[r][lane];
      value = element(form, from, {r / 2, lane / 4, 2 * (lane % 4) + r % 2}, value);
    }
  }
  for (const Block<Word>& row : results) {
    std::copy(row.begin(), row.end(), reinterpret_cast<Word*>(row_of(warp, *d++)));
  }
}

std::uint8_t rounding_of(const Instruction& instruction) {
  std::uint8_t rounding = 0;
  while (rounding < kRoundings.size() && !has_modifier(instruction, kRoundings[rounding])) {
    ++rounding;
  }
  return rounding == kRoundings.size() ? 0 : rounding;
}

}  // namespace

std::optional<NarrowForm> parse_narrow_multiply(const Instruction& instruction) {
  const std::vector<std::string>& modifiers = instruction.modifiers;
  const std::size_t types = find_types(modifiers);
  const bool plain = has_modifier(instruction, "row") && has_modifier(instruction, "col") &&
                     !has_modifier(instruction, "sp");
  if (instruction.opcode != "mma" || types == modifiers.size() || !plain) return std::nullopt;
  const std::string& operand = modifiers[types + 1];
  const bool one_bit = operand == "b1";
  if (one_bit != has_modifier(instruction, "popc")) return std::nullopt;
  const auto row = std::find_if(kShapes.begin(), kShapes.end(), [&](const ShapeRow& shape) {
    return has_modifier(instruction, shape.shape) &&
           shape.operand == (is_nibble(operand) ? "s4" : operand);
  });
  if (row == kShapes.end()) return std::nullopt;
  NarrowForm form;
  form.row_blocks = row->row_blocks;
  form.k_blocks = row->k_blocks;
  form.a_signed = operand == "s4";
  form.b_signed = modifiers[types + 2] == "s4";
  form.satfinite = has_modifier(instruction, "satfinite");
  form.rounding = rounding_of(instruction);
  if (operand == "f64") form.kind = Kind::Doubles;
  if (one_bit) form.kind = has_modifier(instruction, "xor") ? Kind::Xor : Kind::And;
  return form;
}

std::vector<std::uint32_t> encode_narrow(const NarrowForm& form, const std::vector<Ref>& rows) {
  const auto flags = static_cast<std::uint32_t>(form.a_signed ? 1 : 0) |
                     static_cast<std::uint32_t>(form.b_signed ? 2 : 0) |
                     static_cast<std::uint32_t>(form.satfinite ? 4 : 0) |
                     static_cast<std::uint32_t>(form.rounding << 3);
  std::vector<std::uint32_t> list{static_cast<std::uint32_t>(form.kind) | flags << 8 |
                                  static_cast<std::uint32_t>(form.row_blocks) << 16 |
                                  static_cast<std::uint32_t>(form.k_blocks) << 24};
  const auto sums = static_cast<std::uint32_t>(2 * form.row_blocks);
  const auto a = static_cast<std::uint32_t>(form.row_blocks * form.k_blocks);
  list.push_back(0);
  list.push_back(a | static_cast<std::uint32_t>(form.k_blocks) << 8 | sums << 16 | sums << 24);
  list.insert(list.end(), rows.begin(), rows.end());
  return list;
}

Step multiply_narrow(Warp& warp, const Op& op) {
  const Step ready = gather_warp(warp);
  if (ready != Step::Next) return ready;
  const std::uint32_t* list = warp.lists + op.list;
  NarrowForm form;
  form.kind = static_cast<Kind>(list[0] & 0xFF);
  form.a_signed = (list[0] & 0x100) != 0;
  form.b_signed = (list[0] & 0x200) != 0;
  form.satfinite = (list[0] & 0x400) != 0;
  form.rounding = static_cast<std::uint8_t>((list[0] >> 11) & 3);
  form.row_blocks = (list[0] >> 16) & 0xFF;
  form.k_blocks = list[0] >> 24;
  if (form.kind == Kind::Doubles) {
    multiply<std::uint64_t>(form, warp, list + kHeader);
  } else {
    multiply<std::uint32_t>(form, warp, list + kHeader);
  }
  return Step::Next;
}

}  // namespace fitest::ptx
