// SPDX-License-Identifier: Apache-2.0
// Matrix instructions against plain loops over matrices, through the layouts of the PTX ISA written
// out here once more.
#include "ptx/matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "base/small_float.h"
#include "base/text.h"
#include "ptx/handlers.h"

namespace fitest::ptx {
namespace {

using Words = std::array<std::uint32_t, 32>;

Instruction instruction(const std::string& opcode) {
  Instruction result;
  result.modifiers = split(opcode, '.');
  result.opcode = result.modifiers[0];
  result.modifiers.erase(result.modifiers.begin());
  return result;
}

// The operands of one instruction with storage of their own.
struct Registers {
  std::array<Words, kMaxFragmentRegisters> a{}, b{}, c{}, d{};
  MatrixOperands operands() {
    MatrixOperands all;
    for (std::size_t i = 0; i < a.size(); ++i) {
      all.a[i] = a[i].data();
      all.b[i] = b[i].data();
      all.c[i] = c[i].data();
      all.d[i] = d[i].data();
    }
    return all;
  }
};

struct Matrix {
  int rows;
  int columns;
  std::vector<double> values;
  Matrix(int r, int c) : rows(r), columns(c), values(static_cast<std::size_t>(r * c)) {}
  double& at(int r, int c) { return values[static_cast<std::size_t>(r * columns + c)]; }
};

std::uint32_t encode_value(Type type, double value) {
  const auto single = static_cast<float>(value);
  switch (type) {
    case Type::F16:
      return float_to_half(single);
    case Type::BF16:
      return float_to_bfloat16(single);
    case Type::E4M3:
      return float_to_e4m3fn(single);
    case Type::E5M2:
      return float_to_e5m2(single);
    case Type::S8:
    case Type::U8:
      return static_cast<std::uint32_t>(static_cast<int>(value)) & 0xFF;
    case Type::S32:
      return static_cast<std::uint32_t>(static_cast<int>(value));
    default:
      return std::bit_cast<std::uint32_t>(single);
  }
}

double decode_value(Type type, std::uint32_t bits) {
  if (type == Type::F16) return half_to_float(static_cast<std::uint16_t>(bits));
  if (type == Type::S32) return static_cast<std::int32_t>(bits);
  return std::bit_cast<float>(bits);
}

// An element of `bits` bits in a lane's register.
struct Slot {
  int lane;
  int element;
  int bits;
};

void put(Words& words, Slot slot, std::uint32_t value) {
  words[static_cast<std::size_t>(slot.lane)] |= value << (slot.element * slot.bits);
}

// PTX ISA, "Matrix Fragments for mma.m16n8kX": row and column of A by group and thread of the lane.
void fill_a(const MatrixForm& form, Matrix& a, Registers& to) {
  const int bits = bits_of(form.a);
  const int per = 32 / bits;
  for (int r = 0; r < form.a_registers; ++r) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < per; ++i) {
        const int row = lane / 4 + (form.m == 16 ? 8 * (r % 2) : 0);
        const int k = lane % 4 * per + i + (form.m == 16 ? r / 2 : r) * 4 * per;
        put(to.a[static_cast<std::size_t>(r)], {lane, i, bits}, encode_value(form.a, a.at(row, k)));
      }
    }
  }
}

void fill_b(const MatrixForm& form, Matrix& b, Registers& to) {
  const int bits = bits_of(form.b);
  const int per = 32 / bits;
  for (int r = 0; r < form.b_registers; ++r) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < per; ++i) {
        const int k = lane % 4 * per + i + r * 4 * per;
        put(to.b[static_cast<std::size_t>(r)], {lane, i, bits},
            encode_value(form.b, b.at(k, lane / 4)));
      }
    }
  }
}

template <class Visit>
void for_each_accumulator(Type type, int registers, Visit visit) {
  const int per = type == Type::F16 ? 2 : 1;
  for (int r = 0; r < registers; ++r) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < per; ++i) {
        const int row = lane / 4 + 8 * (per == 2 ? r : r / 2);
        const int column = lane % 4 * 2 + (per == 2 ? i : r % 2);
        visit(r, lane, i, row, column);
      }
    }
  }
}

class Multiply : public testing::TestWithParam<const char*> {};

// Small integers, so that every order of summation gives the same.
TEST_P(Multiply, EqualsPlainLoops) {
  const auto form = parse_multiply(instruction(GetParam()));
  ASSERT_TRUE(form.has_value());
  std::mt19937 random(11);
  const bool is_unsigned = form->a == Type::U8;
  const auto draw = [&] { return static_cast<double>(random() % 9) - (is_unsigned ? 0 : 4); };
  Matrix a(form->m, form->k);
  Matrix b(form->k, form->n);
  Matrix c(form->m, form->n);
  for (double& v : a.values) v = draw();
  for (double& v : b.values) v = form->b == Type::U8 ? std::fabs(draw()) : draw();
  for (double& v : c.values) v = draw() * 10;
  Registers registers;
  fill_a(*form, a, registers);
  fill_b(*form, b, registers);
  for_each_accumulator(form->c, form->c_registers,
                       [&](int r, int lane, int i, int row, int column) {
                         put(registers.c[static_cast<std::size_t>(r)], {lane, i, 16},
                             encode_value(form->c, c.at(row, column)));
                       });
  handlers().multiply(*form, registers.operands());
  for_each_accumulator(
      form->d, form->d_registers, [&](int r, int lane, int i, int row, int column) {
        double expected = c.at(row, column);
        for (int k = 0; k < form->k; ++k) expected += a.at(row, k) * b.at(k, column);
        const std::uint32_t word =
            registers.d[static_cast<std::size_t>(r)][static_cast<std::size_t>(lane)];
        EXPECT_EQ(decode_value(form->d, word >> (16 * i)), expected) << row << ',' << column;
      });
}

INSTANTIATE_TEST_SUITE_P(
    Mma, Multiply,
    testing::Values("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32",
                    "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32",
                    "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32",
                    "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32",
                    "mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16",
                    "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f16",
                    "mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32",
                    "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32",
                    "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32",
                    "mma.sync.aligned.m16n8k32.row.col.f32.e5m2.e4m3.f32",
                    "mma.sync.aligned.m16n8k16.row.col.f32.e4m3.e5m2.f32",
                    "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32",
                    "mma.sync.aligned.m16n8k16.row.col.satfinite.s32.u8.s8.s32",
                    "mma.sync.aligned.m8n8k16.row.col.s32.s8.u8.s32"));

TEST(MatrixForm, RefusesWhatIsNotSupported) {
  for (const char* opcode : {"mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32",
                             "mma.sync.aligned.m16n8k16.row.row.f32.f16.f16.f32",
                             "mma.sync.aligned.m16n8k16.row.col.f32.f16.bf16.f32",
                             "mma.sync.aligned.m16n8k16.row.col.f16.bf16.bf16.f16",
                             "mma.sync.aligned.m16n8k32.row.col.f32.s8.s8.f32",
                             "mma.sync.aligned.m16n8k64.row.col.s32.s4.s4.s32",
                             "mma.sp.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32",
                             "wmma.mma.sync.aligned.row.col.m16n16k8.f32.f32",
                             "wmma.mma.sync.aligned.row.col.m8n8k4.f64.f64.f64.f64", "mma.sync"}) {
    EXPECT_FALSE(parse_multiply(instruction(opcode)).has_value()) << opcode;
  }
}

TEST(Multiply, IntegersWrapOrClamp) {
  for (const bool clamps : {false, true}) {
    const std::string satfinite = clamps ? "satfinite." : "";
    const auto form = parse_multiply(
        instruction("mma.sync.aligned.m16n8k32.row.col." + satfinite + "s32.s8.s8.s32"));
    Registers registers;
    for (auto* set : {&registers.a, &registers.b}) {
      for (Words& words : *set) words.fill(0x7F7F7F7F);
    }
    for (Words& words : registers.c) words.fill(0x7FFFFFFF);
    handlers().multiply(*form, registers.operands());
    const std::uint32_t wrapped = 0x7FFFFFFFu + 32 * 127 * 127;
    EXPECT_EQ(registers.d[3][31], clamps ? 0x7FFFFFFFu : wrapped);
  }
}

TEST(Multiply, SumsInTheOrderOfK) {
  const auto form =
      parse_multiply(instruction("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"));
  Matrix a(16, 8);
  Matrix b(8, 8);
  a.at(0, 0) = 1;
  a.at(0, 1) = 0x1p-24;
  a.at(0, 2) = 0x1p-24;
  for (int k = 0; k < 8; ++k) b.at(k, 0) = 1;
  Registers registers;
  fill_a(*form, a, registers);
  fill_b(*form, b, registers);
  handlers().multiply(*form, registers.operands());
  EXPECT_EQ(std::bit_cast<float>(registers.d[0][0]), 1.0F) << "small numbers added to 1 are lost";
}

TEST(Multiply, Tf32OperandsLoseTheirLowBits) {
  const auto form =
      parse_multiply(instruction("mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32"));
  Registers registers;
  registers.a[0].fill(0x3F801FFF);
  registers.b[0].fill(0x3F800000);
  handlers().multiply(*form, registers.operands());
  EXPECT_EQ(std::bit_cast<float>(registers.d[0][5]), 4.0F);
}

TEST(Multiply, TheResultMayOverwriteTheOperands) {
  const auto form =
      parse_multiply(instruction("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"));
  Registers registers;
  std::mt19937 random(3);
  for (auto* set : {&registers.a, &registers.b}) {
    for (Words& words : *set) {
      for (std::uint32_t& word : words) word = 0x3F803F80 + (random() & 0x00070007);
    }
  }
  Registers aliased = registers;
  handlers().multiply(*form, registers.operands());
  MatrixOperands operands = aliased.operands();
  for (std::size_t i = 0; i < 4; ++i) operands.d[i] = aliased.a[3 - i].data();
  handlers().multiply(*form, operands);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(aliased.a[3 - i], registers.d[i]);
}

using Widen = float (*)(std::uint8_t);

std::uint8_t code_at(int row, int k) {
  return static_cast<std::uint8_t>(16 * k + row);
}

// All codes of a format in A; of the columns but [first, first + 8), those that would spoil a sum
// with NaN are left out.
void fill_codes(Registers& registers, int first, Widen widen) {
  for (int index = 0; index < 4 * 32 * 4; ++index) {
    const int r = index / 128;
    const int lane = index / 4 % 32;
    const int i = index % 4;
    const int k = lane % 4 * 4 + i + r / 2 * 16;
    const std::uint8_t code = code_at(lane / 4 + 8 * (r % 2), k);
    const bool kept = (k >= first && k < first + 8) || std::isfinite(widen(code));
    put(registers.a[static_cast<std::size_t>(r)], {lane, i, 8}, kept ? code : 0);
  }
}

// A row with a NaN or infinity has NaN in its other columns.
bool spoiled_at(int row, int first, int column, Widen widen) {
  for (int j = 0; j < 8; ++j) {
    if (j != column && !std::isfinite(widen(code_at(row, first + j)))) return true;
  }
  return false;
}

// B selects eight columns of A, which holds all codes of the format.
void expect_every_code(Type type, const std::string& name, Widen widen) {
  const auto form = parse_multiply(
      instruction("mma.sync.aligned.m16n8k32.row.col.f32." + name + "." + name + ".f32"));
  ASSERT_TRUE(form.has_value());
  for (int first = 0; first < 32; first += 8) {
    Registers registers;
    fill_codes(registers, first, widen);
    Matrix b(32, 8);
    for (int j = 0; j < 8; ++j) b.at(first + j, j) = 1;
    fill_b(*form, b, registers);
    handlers().multiply(*form, registers.operands());
    for_each_accumulator(Type::F32, 4, [&](int r, int lane, int, int row, int column) {
      const float expected = widen(code_at(row, first + column));
      const double actual = decode_value(
          Type::F32, registers.d[static_cast<std::size_t>(r)][static_cast<std::size_t>(lane)]);
      if (std::isnan(expected) || spoiled_at(row, first, column, widen)) {
        EXPECT_TRUE(std::isnan(actual)) << name_of(type) << row << ',' << first + column;
      } else {
        EXPECT_EQ(actual, expected) << name_of(type) << row << ',' << first + column;
      }
    });
  }
}

TEST(Multiply, WidensEveryCodeOfEightBits) {
  expect_every_code(Type::E4M3, "e4m3", [](std::uint8_t code) { return e4m3fn_to_float(code); });
  expect_every_code(Type::E5M2, "e5m2", [](std::uint8_t code) { return e5m2_to_float(code); });
}

// wmma: fragments loaded from matrices by offset_of(), multiplied, stored again.
struct WmmaCase {
  std::string shape;
  std::string type;
  std::string accumulator;
};

std::string types_of(const WmmaCase& test) {
  if (test.type == "f16") return test.accumulator + "." + test.accumulator;
  return test.accumulator + "." + test.type + "." + test.type + "." + test.accumulator;
}

void fill_fragment(const FragmentForm& form, const std::vector<std::uint32_t>& matrix,
                   std::uint64_t stride, std::array<Words, kMaxFragmentRegisters>& registers) {
  for (int r = 0; r < form.registers; ++r) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < form.elements_per_register(); ++i) {
        put(registers[static_cast<std::size_t>(r)], {lane, i, bits_of(form.type)},
            matrix.at(offset_of(form, {r, lane, i}, stride)));
      }
    }
  }
}

std::vector<double> stored_matrix(const MatrixForm& form, const FragmentForm& store,
                                  const Registers& registers) {
  std::vector<double> stored(static_cast<std::size_t>(form.m * form.n), -1);
  for (int r = 0; r < store.registers; ++r) {
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < store.elements_per_register(); ++i) {
        const std::uint32_t word =
            registers.d[static_cast<std::size_t>(r)][static_cast<std::size_t>(lane)];
        stored.at(offset_of(store, {r, lane, i}, static_cast<std::uint64_t>(form.m))) =
            decode_value(form.d, word >> (16 * i));
      }
    }
  }
  return stored;
}

class Wmma : public testing::TestWithParam<WmmaCase> {};

TEST_P(Wmma, LoadsMultipliesAndStores) {
  const WmmaCase& test = GetParam();
  const std::string order = test.type == "tf32" ? "row" : "col";
  const auto form = parse_multiply(
      instruction("wmma.mma.sync.aligned.row." + order + "." + test.shape + "." + types_of(test)));
  const auto load_a = parse_fragment(
      instruction("wmma.load.a.sync.aligned.row." + test.shape + ".global." + test.type));
  const auto load_b = parse_fragment(
      instruction("wmma.load.b.sync.aligned." + order + "." + test.shape + ".shared." + test.type));
  const auto store = parse_fragment(
      instruction("wmma.store.d.sync.aligned.col." + test.shape + "." + test.accumulator));
  ASSERT_TRUE(form && load_a && load_b && store);
  EXPECT_EQ(form->a_registers, load_a->registers);
  EXPECT_EQ(form->b_registers, load_b->registers);
  EXPECT_EQ(form->d_registers, store->registers);
  EXPECT_TRUE(store->is_store);

  std::mt19937 random(12);
  const auto draw = [&] { return static_cast<double>(random() % 7); };
  Matrix a(form->m, form->k);
  Matrix b(form->k, form->n);
  for (double& v : a.values) v = draw();
  for (double& v : b.values) v = draw();
  const int stride_a = form->k + 3;
  const int stride_b = (order == "row" ? form->n : form->k) + 5;
  std::vector<std::uint32_t> memory_a(static_cast<std::size_t>(form->m * stride_a));
  std::vector<std::uint32_t> memory_b(static_cast<std::size_t>(64 * stride_b));
  for (int k = 0; k < form->k; ++k) {
    for (int i = 0; i < form->m; ++i) {
      memory_a[static_cast<std::size_t>(i * stride_a + k)] = encode_value(form->a, a.at(i, k));
    }
    for (int j = 0; j < form->n; ++j) {
      const int at = order == "row" ? k * stride_b + j : j * stride_b + k;
      memory_b[static_cast<std::size_t>(at)] = encode_value(form->b, b.at(k, j));
    }
  }
  Registers registers;
  fill_fragment(*load_a, memory_a, static_cast<std::uint64_t>(stride_a), registers.a);
  fill_fragment(*load_b, memory_b, static_cast<std::uint64_t>(stride_b), registers.b);
  handlers().multiply(*form, registers.operands());

  const std::vector<double> stored = stored_matrix(*form, *store, registers);
  for (int i = 0; i < form->m; ++i) {
    for (int j = 0; j < form->n; ++j) {
      double expected = 0;
      for (int k = 0; k < form->k; ++k) expected += a.at(i, k) * b.at(k, j);
      ASSERT_EQ(stored[static_cast<std::size_t>(j * form->m + i)], expected) << i << ',' << j;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Wmma,
    testing::Values(WmmaCase{"m16n16k16", "f16", "f32"}, WmmaCase{"m16n16k16", "f16", "f16"},
                    WmmaCase{"m32n8k16", "f16", "f32"}, WmmaCase{"m8n32k16", "f16", "f16"},
                    WmmaCase{"m16n16k16", "bf16", "f32"}, WmmaCase{"m32n8k16", "bf16", "f32"},
                    WmmaCase{"m8n32k16", "bf16", "f32"}, WmmaCase{"m16n16k8", "tf32", "f32"},
                    WmmaCase{"m16n16k16", "s8", "s32"}, WmmaCase{"m16n16k16", "u8", "s32"},
                    WmmaCase{"m32n8k16", "s8", "s32"}, WmmaCase{"m8n32k16", "u8", "s32"}),
    [](const auto& test) {
      return test.param.shape + "_" + test.param.type + "_" + test.param.accumulator;
    });

TEST(Block, TransposesHalves) {
  Words words{};
  std::array<std::uint16_t, 64> halves{};
  for (std::uint16_t i = 0; i < 64; ++i) halves[i] = i;
  std::memcpy(words.data(), halves.data(), sizeof halves);
  transpose_block(words.data());
  std::memcpy(halves.data(), words.data(), sizeof halves);
  EXPECT_EQ(halves[1], 8);
  EXPECT_EQ(halves[8], 1);
  EXPECT_EQ(halves[63], 63);
  EXPECT_EQ(halves[23], 58);
}

}  // namespace
}  // namespace fitest::ptx
