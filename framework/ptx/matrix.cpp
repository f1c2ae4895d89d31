// SPDX-License-Identifier: Apache-2.0
#include "ptx/matrix.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fitest::ptx {
namespace {

constexpr int kBlockBits = 128;  // of a row of a block

struct Shape {
  int m;
  int n;
  int k;
};

bool has(const std::vector<std::string>& modifiers, std::string_view name) {
  return std::find(modifiers.begin(), modifiers.end(), name) != modifiers.end();
}

// "m16n8k16"
std::optional<Shape> shape_from_name(std::string_view name) {
  std::array<int, 3> sizes{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (at >= name.size() || name[at] != "mnk"[i]) return std::nullopt;
    ++at;
    while (at < name.size() && name[at] >= '0' && name[at] <= '9' && sizes[i] < 1000) {
      sizes[i] = sizes[i] * 10 + (name[at++] - '0');
    }
    if (sizes[i] == 0) return std::nullopt;
  }
  if (at != name.size()) return std::nullopt;
  return Shape{sizes[0], sizes[1], sizes[2]};
}

std::optional<Shape> find_shape(const std::vector<std::string>& modifiers) {
  for (const std::string& modifier : modifiers) {
    if (const auto shape = shape_from_name(modifier)) return shape;
  }
  return std::nullopt;
}

// Types that the modifiers end with; s4 and u4 are no types of registers.
std::vector<Type> trailing_types(const std::vector<std::string>& modifiers) {
  std::vector<Type> types;
  for (const std::string& modifier : modifiers) {
    const auto type = type_from_name(modifier);
    if (type) {
      types.push_back(*type);
    } else {
      types.clear();
    }
  }
  return types;
}

// Which accumulators go with which operands, and the k of one instruction of mma.
struct MultiplyRow {
  Type operand;
  bool f16_accumulator;
  bool f32_accumulator;
  int smallest_k;  // of m16n8; the other is twice that
};
constexpr std::array kMultiplyRows{
    MultiplyRow{Type::F16, true, true, 8},   MultiplyRow{Type::BF16, false, true, 8},
    MultiplyRow{Type::TF32, false, true, 4}, MultiplyRow{Type::E4M3, true, true, 16},
    MultiplyRow{Type::E5M2, true, true, 16}, MultiplyRow{Type::S8, false, false, 16},
    MultiplyRow{Type::U8, false, false, 16},
};

const MultiplyRow* multiply_row(Type operand) {
  const auto row = std::find_if(kMultiplyRows.begin(), kMultiplyRows.end(),
                                [&](const MultiplyRow& r) { return r.operand == operand; });
  return row == kMultiplyRows.end() ? nullptr : &*row;
}

bool is_eight_bit(Type type) {
  return bits_of(type) == 8;
}

bool types_fit(const MatrixForm& form) {
  const MultiplyRow* row = multiply_row(form.a);
  if (row == nullptr || multiply_row(form.b) == nullptr) return false;
  const bool is_integer = form.a == Type::S8 || form.a == Type::U8;
  const bool same_kind = is_eight_bit(form.a) == is_eight_bit(form.b) &&
                         is_integer == (form.b == Type::S8 || form.b == Type::U8) &&
                         (is_eight_bit(form.a) || form.a == form.b);
  if (!same_kind) return false;
  const auto accumulates = [&](Type type) {
    if (is_integer) return type == Type::S32;
    return (type == Type::F32 && row->f32_accumulator) ||
           (type == Type::F16 && row->f16_accumulator);
  };
  return accumulates(form.c) && accumulates(form.d);
}

int accumulator_registers(const BlockLayout& layout, Type type) {
  return layout.row_blocks * layout.n_blocks * (type == Type::F16 ? 1 : 2);
}

void set_registers(MatrixForm& form) {
  const BlockLayout layout = layout_of(form);
  form.a_registers = layout.row_blocks * layout.k_blocks;
  form.b_registers = layout.n_blocks * layout.k_blocks;
  form.c_registers = accumulator_registers(layout, form.c);
  form.d_registers = accumulator_registers(layout, form.d);
}

// Fragments of f16 always have 8 registers.
void set_wmma_registers(MatrixForm& form) {
  set_registers(form);
  if (form.a == Type::F16) form.a_registers = form.b_registers = 8;
}

bool shape_fits_mma(const MatrixForm& form) {
  const int k = multiply_row(form.a)->smallest_k;
  if (form.m == 8) return form.n == 8 && form.k == 16 && (form.a == Type::S8 || form.a == Type::U8);
  return form.m == 16 && form.n == 8 && (form.k == k || form.k == 2 * k);
}

bool shape_fits_wmma(const Shape& shape, Type operand) {
  if (operand == Type::TF32) return shape.m == 16 && shape.n == 16 && shape.k == 8;
  if (operand == Type::E4M3 || operand == Type::E5M2 || shape.k != 16) return false;
  const auto is = [&](int m, int n) { return shape.m == m && shape.n == n; };
  return is(16, 16) || is(32, 8) || is(8, 32);
}

std::optional<MatrixForm> parse_mma(const std::vector<std::string>& modifiers) {
  MatrixForm form;
  const auto shape = find_shape(modifiers);
  const std::vector<Type> types = trailing_types(modifiers);
  const bool usual = shape && types.size() == 4 && has(modifiers, "row") && has(modifiers, "col") &&
                     !has(modifiers, "sp") && !has(modifiers, "popc");
  if (!usual) return std::nullopt;
  form = {shape->m, shape->n, shape->k, types[1],
          types[2], types[3], types[0], has(modifiers, "satfinite"),
          0,        0,        0,        0};
  if (!types_fit(form) || !shape_fits_mma(form)) return std::nullopt;
  set_registers(form);
  return form;
}

// wmma.mma.sync.aligned.row.col.m16n16k16.f32.f32: two types mean f16 operands.
std::optional<MatrixForm> parse_wmma(std::vector<std::string> modifiers) {
  const bool satfinite = has(modifiers, "satfinite");
  modifiers.erase(std::remove(modifiers.begin(), modifiers.end(), "satfinite"), modifiers.end());
  const auto shape = find_shape(modifiers);
  std::vector<Type> types = trailing_types(modifiers);
  if (types.size() == 2) types.insert(types.begin() + 1, 2, Type::F16);
  if (!shape || types.size() != 4 || has(modifiers, "popc")) return std::nullopt;
  MatrixForm form{shape->m, shape->n,  shape->k, types[1], types[2], types[3],
                  types[0], satfinite, 0,        0,        0,        0};
  if (!types_fit(form) || form.a != form.b || !shape_fits_wmma(*shape, form.a)) return std::nullopt;
  set_wmma_registers(form);
  return form;
}

int registers_of(const FragmentForm& form) {
  MatrixForm multiply;
  multiply.m = form.m;
  multiply.n = form.n;
  multiply.k = form.k;
  multiply.a = multiply.b = form.role == FragmentForm::Role::Accumulator ? Type::F16 : form.type;
  multiply.c = multiply.d = form.type;
  set_wmma_registers(multiply);
  if (form.role == FragmentForm::Role::Accumulator) return multiply.c_registers;
  return form.role == FragmentForm::Role::A ? multiply.a_registers : multiply.b_registers;
}

// The elements of the fragment as blocks of its role.
BlockLayout layout_of(const FragmentForm& form) {
  const bool accumulates = form.role == FragmentForm::Role::Accumulator;
  return {form.m / 8, form.n / 8, accumulates ? 1 : form.k * bits_of(form.type) / kBlockBits};
}

}  // namespace

BlockLayout layout_of(const MatrixForm& form) {
  return {form.m / 8, form.n / 8, form.k * bits_of(form.a) / kBlockBits};
}

std::optional<MatrixForm> parse_multiply(const Instruction& instruction) {
  if (instruction.opcode == "mma") return parse_mma(instruction.modifiers);
  const bool is_wmma = instruction.opcode == "wmma" && has(instruction.modifiers, "mma");
  return is_wmma ? parse_wmma(instruction.modifiers) : std::nullopt;
}

std::optional<FragmentForm> parse_fragment(const Instruction& instruction) {
  const std::vector<std::string>& modifiers = instruction.modifiers;
  const bool loads = has(modifiers, "load");
  const bool stores = has(modifiers, "store");
  const auto shape = find_shape(modifiers);
  if (instruction.opcode != "wmma" || !shape || loads == stores) return std::nullopt;
  FragmentForm form;
  form.m = shape->m;
  form.n = shape->n;
  form.k = shape->k;
  form.is_store = stores;
  form.row_major = has(modifiers, "row");
  form.type = type_from_name(modifiers.back()).value_or(Type::None);
  const bool a = loads && has(modifiers, "a");
  const bool b = loads && has(modifiers, "b");
  form.role = a   ? FragmentForm::Role::A
              : b ? FragmentForm::Role::B
                  : FragmentForm::Role::Accumulator;
  const bool accumulates = form.role == FragmentForm::Role::Accumulator;
  const bool accumulator_type =
      form.type == Type::F16 || form.type == Type::F32 || form.type == Type::S32;
  const bool known = accumulates ? accumulator_type : multiply_row(form.type) != nullptr;
  // Accumulators of tf32 have k = 8.
  const bool tf32 = form.type == Type::TF32 || (accumulates && form.k == 8);
  if (!known || !shape_fits_wmma(*shape, tf32 ? Type::TF32 : Type::F16)) return std::nullopt;
  form.registers = registers_of(form);
  return form;
}

namespace {

MatrixPlace place_of_accumulator(const FragmentForm& form, const FragmentPlace& place) {
  const BlockLayout layout = layout_of(form);
  const int group = place.lane / 4;
  const int thread = place.lane % 4;
  const bool wide = bits_of(form.type) == 32;
  const int block = wide ? place.reg / 2 : place.reg;
  const int within = wide ? place.reg % 2 : place.element;
  for (int row = 0; row < layout.row_blocks; ++row) {
    for (int column = 0; column < layout.n_blocks; ++column) {
      if (layout.c_block(row, column) == block) {
        return {8 * row + group, 8 * column + 2 * thread + within};
      }
    }
  }
  return {};
}

}  // namespace

MatrixPlace place_of(const FragmentForm& form, const FragmentPlace& place) {
  if (form.role == FragmentForm::Role::Accumulator) return place_of_accumulator(form, place);
  const BlockLayout layout = layout_of(form);
  const int group = place.lane / 4;
  const int thread = place.lane % 4;
  const bool is_a = form.role == FragmentForm::Role::A;
  const int outer_blocks = is_a ? layout.row_blocks : layout.n_blocks;
  const int block = place.reg % (outer_blocks * layout.k_blocks);
  const int per_register = form.elements_per_register();
  for (int outer = 0; outer < outer_blocks; ++outer) {
    for (int k = 0; k < layout.k_blocks; ++k) {
      const int candidate = is_a ? layout.a_block(outer, k) : layout.b_block(outer, k);
      if (candidate != block) continue;
      const int along = (4 * k + thread) * per_register + place.element;
      return is_a ? MatrixPlace{8 * outer + group, along} : MatrixPlace{along, 8 * outer + group};
    }
  }
  return {};
}

int dense_stride(const FragmentForm& form) {
  switch (form.role) {
    case FragmentForm::Role::A:
      return form.row_major ? form.k : form.m;
    case FragmentForm::Role::B:
      return form.row_major ? form.n : form.k;
    default:
      return form.row_major ? form.n : form.m;
  }
}

std::uint64_t offset_of(const FragmentForm& form, const FragmentPlace& place,
                        std::uint64_t stride) {
  const MatrixPlace at = place_of(form, place);
  const auto row = static_cast<std::uint64_t>(at.row);
  const auto column = static_cast<std::uint64_t>(at.column);
  return form.row_major ? row * stride + column : column * stride + row;
}

void transpose_block(std::uint32_t* lanes) {
  std::array<std::uint16_t, 64> in{};
  std::array<std::uint16_t, 64> out{};
  std::memcpy(in.data(), lanes, sizeof in);
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = 0; j < 8; ++j) out[8 * j + i] = in[8 * i + j];
  }
  std::memcpy(lanes, out.data(), sizeof out);
}

}  // namespace fitest::ptx
