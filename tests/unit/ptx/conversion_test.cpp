// SPDX-License-Identifier: Apache-2.0
// convert() against the host's casts in all rounding modes, and convert.def against convert().
#include "ptx/conversion.h"

#include <gtest/gtest.h>

#include <array>
#include <cfenv>
#include <random>

#include "base/text.h"
#include "ptx/convert.h"

namespace fitest::ptx::baseline {
namespace {

std::uint64_t convert_text(const std::string& form, std::uint64_t a, std::uint64_t b = 0) {
  const std::optional<ConversionForm> parsed = parse_conversion(split(form, '.'));
  if (!parsed) {
    ADD_FAILURE() << form << " is not a form";
    return 0;
  }
  return convert(*parsed, {a, b});
}

constexpr std::array kSpecial{0.0,          0.5,          1.0,     1.5,      2.5,      127.5,
                              255.5,        32767.5,      65504.0, 65520.0,  65535.5,  1e9,
                              2147483647.5, 4294967295.5, 9.3e18,  1.9e19,   1e30,     1e300,
                              0x1p-14,      0x1p-24,      0x1p-25, 0x1p-126, 0x1p-149, 0x1p-150,
                              448.0,        464.0,        57344.0, 61440.0,  0x1p-9,   0x1p-10};

// Doubles of every kind: specials of both signs, near them, random ones, and no numbers.
std::vector<f64> values() {
  std::vector<f64> list{std::numeric_limits<f64>::infinity(), -std::numeric_limits<f64>::infinity(),
                        std::numeric_limits<f64>::quiet_NaN()};
  for (const f64 v : kSpecial) {
    for (const f64 x : {v, std::nextafter(v, 1e308), std::nextafter(v, -1e308)}) {
      list.push_back(x);
      list.push_back(-x);
    }
  }
  std::mt19937_64 random(5);
  std::uniform_real_distribution<f64> exponent(-30, 70);
  std::uniform_real_distribution<f64> sign(-1, 1);
  for (int i = 0; i < 2000; ++i) list.push_back(sign(random) * std::exp2(exponent(random)));
  for (int i = 0; i < 2000; ++i) list.push_back(from_bits<f64>(random()));
  return list;
}

constexpr std::array kModes{std::pair{"rn", FE_TONEAREST}, std::pair{"rz", FE_TOWARDZERO},
                            std::pair{"rm", FE_DOWNWARD}, std::pair{"rp", FE_UPWARD}};

TEST(Conversion, NarrowsDoublesAsTheHost) {
  for (const auto& [name, mode] : kModes) {
    for (const f64 value : values()) {
      const volatile f64 source = value;
      std::fesetround(mode);
      volatile f32 expected = static_cast<f32>(source);
      std::fesetround(FE_TONEAREST);
      const std::uint64_t actual = convert_text(std::string(name) + ".f32.f64", to_bits(value));
      const std::uint64_t wanted = value != value ? kNanF32 : to_bits<f32>(expected);
      ASSERT_EQ(actual, wanted) << name << std::hexfloat << ' ' << value;
    }
  }
}

TEST(Conversion, RoundsIntegersAsTheHost) {
  std::mt19937_64 random(6);
  for (const auto& [name, mode] : kModes) {
    for (int i = 0; i < 5000; ++i) {
      const std::uint64_t bits = random() >> (random() % 64);
      const volatile auto as_signed = static_cast<std::int64_t>(bits);
      const volatile std::uint64_t as_unsigned = bits;
      std::fesetround(mode);
      volatile f32 single = static_cast<f32>(as_signed);
      volatile f64 wide = static_cast<f64>(as_unsigned);
      std::fesetround(FE_TONEAREST);
      const std::string prefix(name);
      ASSERT_EQ(convert_text(prefix + ".f32.s64", bits), to_bits<f32>(single)) << prefix << bits;
      // The host converts u64 in pieces, rightly only to nearest or below 2^63.
      if (bits >> 63 != 0 && mode != FE_TONEAREST) continue;
      ASSERT_EQ(convert_text(prefix + ".f64.u64", bits), to_bits<f64>(wide)) << prefix << bits;
    }
  }
}

template <class I>
void compare_integers(const std::string& type) {
  for (const auto& [name, mode] : kModes) {
    for (const f64 value : values()) {
      if (value != value) continue;
      std::fesetround(mode);
      const f64 rounded = std::nearbyint(value);
      std::fesetround(FE_TONEAREST);
      I expected = 0;
      if (rounded >= std::ldexp(1.0, std::numeric_limits<I>::digits)) {
        expected = std::numeric_limits<I>::max();
      } else if (rounded < static_cast<f64>(std::numeric_limits<I>::min())) {
        expected = std::numeric_limits<I>::min();
      } else {
        expected = static_cast<I>(rounded);
      }
      const std::string form = std::string(name) + "i." + type + ".f64";
      ASSERT_EQ(static_cast<I>(convert_text(form, to_bits(value))), expected)
          << form << std::hexfloat << ' ' << value;
    }
  }
}

TEST(Conversion, RoundsAndClampsToIntegers) {
  compare_integers<s8>("s8");
  compare_integers<u8>("u8");
  compare_integers<s16>("s16");
  compare_integers<u16>("u16");
  compare_integers<s32>("s32");
  compare_integers<u32>("u32");
  compare_integers<s64>("s64");
  compare_integers<u64>("u64");
}

TEST(Conversion, NanBecomesZeroOrTheTopBit) {
  EXPECT_EQ(convert_text("rzi.s32.f32", kNanF32), 0u);
  EXPECT_EQ(convert_text("rzi.u64.f32", kNanF32), std::uint64_t{1} << 63);
  EXPECT_EQ(convert_text("rzi.s32.f64", 0x7FF8000000000000), 0xFFFFFFFF80000000u);
  EXPECT_EQ(convert_text("rzi.u32.f64", 0x7FF8000000000000), 0x80000000u);
}

TEST(Conversion, ExtendsAndTruncatesIntegers) {
  EXPECT_EQ(convert_text("s32.s8", 0x80), 0xFFFFFFFFFFFFFF80u);
  EXPECT_EQ(convert_text("u32.u8", 0x1FF), 0xFFu);
  EXPECT_EQ(convert_text("s8.u32", 0x1FF), ~std::uint64_t{0});
  EXPECT_EQ(convert_text("sat.s8.u32", 0x1FF), 127u);
  EXPECT_EQ(convert_text("sat.u16.s64", ~std::uint64_t{0}), 0u);
  EXPECT_EQ(convert_text("sat.s64.u64", ~std::uint64_t{0}), 0x7FFFFFFFFFFFFFFFu);
}

TEST(Conversion, SmallFormatsSaturateOrOverflow) {
  EXPECT_EQ(convert_text("rn.satfinite.e4m3x2.f32", to_bits(1e9F), to_bits(-1.0F)), 0x7EB8u);
  EXPECT_EQ(convert_text("rn.satfinite.e5m2x2.f32", to_bits(-1e9F), kNanF32), 0xFB7Fu);
  EXPECT_EQ(convert_text("rn.f16.f32", to_bits(65520.0F)), 0x7C00u);
  EXPECT_EQ(convert_text("rz.f16.f32", to_bits(1e9F)), 0x7BFFu);
  EXPECT_EQ(convert_text("rn.satfinite.f16.f32", to_bits(-1e9F)), 0xFBFFu);
  EXPECT_EQ(convert_text("rna.tf32.f32", 0x3F801000), 0x3F802000u);
  EXPECT_EQ(convert_text("rn.tf32.f32", 0x3F801000), 0x3F800000u);
  EXPECT_EQ(convert_text("rz.bf16.f32", 0x3F80FFFF), 0x3F80u);
  EXPECT_EQ(convert_text("rn.relu.bf16.f32", to_bits(-3.0F)), 0u);
  EXPECT_EQ(convert_text("rn.sat.f16.f32", to_bits(3.0F)), 0x3C00u);
  EXPECT_EQ(convert_text("rn.f16x2.e4m3x2", 0x7F38), 0x7FFF3C00u);
}

TEST(Conversion, RefusesWhatIsNoForm) {
  for (const char* text : {"f32", "f16.f32", "rn.s32.s32", "rzi.f32.s32", "rn.s32.f32",
                           "rx.f32.f64", "rn.b32.f32", "rn.f16x2.f64", "f32.e4m3x2"}) {
    EXPECT_FALSE(parse_conversion(split(text, '.')).has_value()) << text;
  }
  EXPECT_TRUE(has_two_sources(*parse_conversion({"rn", "bf16x2", "f32"})));
  EXPECT_FALSE(has_two_sources(*parse_conversion({"rn", "f16x2", "e5m2x2"})));
}

// One row of convert.def as a function on bits.
struct Row {
  std::string opcode;
  int result_bits;
  std::uint64_t (*apply)(std::uint64_t, std::uint64_t);
};

template <class T>
std::uint64_t bits_of_value(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return to_bits(value);
  } else {
    return static_cast<std::uint64_t>(static_cast<std::make_unsigned_t<T>>(value));
  }
}
template <class T>
T value_of_bits(std::uint64_t bits) {
  if constexpr (std::is_floating_point_v<T>) {
    return from_bits<T>(static_cast<BitsOf<T>>(bits));
  } else {
    return static_cast<T>(bits);
  }
}

const std::vector<Row> kRows{
#define FITEST_PTX_1(opcode, R, A, ...)                                            \
  Row{opcode, 8 * sizeof(R), [](std::uint64_t x, std::uint64_t) -> std::uint64_t { \
        const A a = value_of_bits<A>(x);                                           \
        return bits_of_value<R>(static_cast<R>(__VA_ARGS__));                      \
      }},
#define FITEST_PTX_2(opcode, R, A, B, ...)                                           \
  Row{opcode, 8 * sizeof(R), [](std::uint64_t x, std::uint64_t y) -> std::uint64_t { \
        const A a = value_of_bits<A>(x);                                             \
        const B b = value_of_bits<B>(y);                                             \
        return bits_of_value<R>(static_cast<R>(__VA_ARGS__));                        \
      }},
#define FITEST_PTX_3(opcode, R, A, B, C, ...)
#include "ptx/convert.def"
#undef FITEST_PTX_1
#undef FITEST_PTX_2
#undef FITEST_PTX_3
};

std::uint64_t source_bits(f64 value, std::uint64_t random, Type type) {
  switch (type) {
    case Type::F64:
      return to_bits(value);
    case Type::F32:
      return to_bits(static_cast<f32>(value));
    default:
      return random;
  }
}

TEST(ConvertTable, AgreesWithTheCompleteConversion) {
  std::mt19937_64 random(8);
  const std::vector<f64> sources = values();
  int compared = 0;
  for (const Row& row : kRows) {
    std::vector<std::string> modifiers = split(row.opcode, '.');
    modifiers.erase(modifiers.begin());
    if (modifiers[0] == "pack") continue;
    const std::optional<ConversionForm> form = parse_conversion(modifiers);
    ASSERT_TRUE(form.has_value()) << row.opcode;
    const std::uint64_t mask =
        row.result_bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << row.result_bits) - 1;
    for (const f64 value : sources) {
      const std::uint64_t a = source_bits(value, random() >> (random() % 64), form->from);
      const std::uint64_t b = source_bits(-value, random(), form->from);
      const std::uint64_t expected = convert(*form, {a, b}) & mask;
      // These keep a NaN's bits; tests/ptx/golden holds what an H100 makes of them.
      const bool keeps_nan = form->to == Type::F64 || form->to == Type::TF32;
      if (keeps_nan && value != value) continue;
      ASSERT_EQ(row.apply(a, b), expected) << row.opcode << std::hex << " of " << a << ' ' << b;
    }
    ++compared;
  }
  EXPECT_GT(compared, 200);
}

TEST(ConvertTable, PacksClampedIntegers) {
  EXPECT_EQ(pack_clamped<s16>(-40000, 40000, 0), 0x80007FFFu);
  EXPECT_EQ(pack_clamped<s8>(-1, 5, 0xABCD1234), 0x1234FF05u);
}

}  // namespace
}  // namespace fitest::ptx::baseline
