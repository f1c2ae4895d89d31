// SPDX-License-Identifier: Apache-2.0
#include "ptx/conversion.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "ptx/convert.h"

namespace fitest::ptx {
namespace {

using baseline::kNanF32;
using baseline::Quad;
using Rounding = ConversionForm::Rounding;
__extension__ using Word128 = unsigned __int128;

struct IntegerFacts {
  int bits;
  bool is_signed;
};

std::optional<IntegerFacts> integer_facts(Type type) {
  const std::string_view name = name_of(type);
  if (name.empty() || (name[0] != 'u' && name[0] != 's')) return std::nullopt;
  return IntegerFacts{bits_of(type), name[0] == 's'};
}

struct FloatFacts {
  Type type;
  int exponent_bits;
  int mantissa_bits;
  std::uint64_t max_finite;  // of the magnitude's code
  std::uint64_t nan;         // canonical, as stored
  bool has_infinity;
  int low_zeros;  // below the mantissa, as stored
  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
};

constexpr std::array kFloats{
    FloatFacts{Type::F16, 5, 10, 0x7BFF, 0x7FFF, true, 0},
    FloatFacts{Type::BF16, 8, 7, 0x7F7F, 0x7FFF, true, 0},
    FloatFacts{Type::TF32, 8, 10, 0x3FBFF, kNanF32, true, 13},
    FloatFacts{Type::F32, 8, 23, 0x7F7FFFFF, kNanF32, true, 0},
    FloatFacts{Type::F64, 11, 52, 0x7FEFFFFFFFFFFFFF, 0x7FF8000000000000, true, 0},
    FloatFacts{Type::E4M3, 4, 3, 0x7E, 0x7F, false, 0},
    FloatFacts{Type::E5M2, 5, 2, 0x7B, 0x7F, true, 0},
};

const FloatFacts* float_facts(Type type) {
  const auto row = std::find_if(kFloats.begin(), kFloats.end(),
                                [&](const FloatFacts& facts) { return facts.type == type; });
  return row == kFloats.end() ? nullptr : &*row;
}

// Element of a packed pair, or the type itself.
Type element_of(Type type) {
  switch (type) {
    case Type::F16x2:
      return Type::F16;
    case Type::BF16x2:
      return Type::BF16;
    case Type::E4M3x2:
      return Type::E4M3;
    case Type::E5M2x2:
      return Type::E5M2;
    default:
      return type;
  }
}

bool is_pair(Type type) {
  return element_of(type) != type;
}

struct Exact {
  enum class Kind : std::uint8_t { Finite, Infinite, NotANumber };
  Kind kind = Kind::Finite;
  bool negative = false;  // also of zero
  Quad magnitude = 0;
};

Exact exact_float(double value) {
  Exact exact;
  exact.negative = std::signbit(value);
  if (std::isnan(value)) exact.kind = Exact::Kind::NotANumber;
  if (std::isinf(value)) exact.kind = Exact::Kind::Infinite;
  if (exact.kind == Exact::Kind::Finite) exact.magnitude = Quad{std::fabs(value)};
  return exact;
}

std::int64_t sign_extend(std::uint64_t bits, int width) {
  const int unused = 64 - width;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

std::uint64_t zero_extend(std::uint64_t bits, int width) {
  return width == 64 ? bits : bits & ((std::uint64_t{1} << width) - 1);
}

Exact exact_integer(const IntegerFacts& facts, std::uint64_t bits) {
  const std::int64_t value = sign_extend(bits, facts.bits);
  Exact exact;
  exact.negative = facts.is_signed && value < 0;
  const std::uint64_t magnitude = exact.negative
                                      ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                                      : zero_extend(bits, facts.bits);
  exact.magnitude = static_cast<Quad>(magnitude);
  return exact;
}

Exact decode(Type type, std::uint64_t bits) {
  if (const auto integer = integer_facts(type)) return exact_integer(*integer, bits);
  switch (type) {
    case Type::F16:
      return exact_float(baseline::Float16::widen(static_cast<std::uint16_t>(bits)));
    case Type::BF16:
      return exact_float(baseline::BFloat16::widen(static_cast<std::uint16_t>(bits)));
    case Type::E4M3:
      return exact_float(
          baseline::float_from_float8<baseline::E4M3>(static_cast<std::uint8_t>(bits)));
    case Type::E5M2:
      return exact_float(
          baseline::float_from_float8<baseline::E5M2>(static_cast<std::uint8_t>(bits)));
    case Type::F64:
      return exact_float(std::bit_cast<double>(bits));
    default:
      return exact_float(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
}

// value / 2^shift, rounded; `negative` is the sign that Down and Up go by.
Word128 shift_rounded(Word128 value, int shift, Rounding rounding, bool negative) {
  if (shift <= 0) return value << -shift;
  // Beyond 126 only "not zero" matters.
  if (shift > 126) {
    value = value != 0 ? 1 : 0;
    shift = 2;
  }
  const Word128 kept = value >> shift;
  const Word128 rest = value - (kept << shift);
  const Word128 half = Word128{1} << (shift - 1);
  bool up = false;
  switch (rounding) {
    case Rounding::None:
    case Rounding::Zero:
      break;
    case Rounding::Nearest:
      up = rest > half || (rest == half && (kept & 1) != 0);
      break;
    case Rounding::TiesAway:
      up = rest >= half;
      break;
    case Rounding::Down:
      up = negative && rest != 0;
      break;
    case Rounding::Up:
      up = !negative && rest != 0;
      break;
  }
  return kept + (up ? 1 : 0);
}

struct Significand {
  Word128 bits;  // 113 of them, or none for zero
  int exponent;  // value = bits * 2^exponent
};

Significand significand_of(Quad magnitude) {
  const auto word = std::bit_cast<Word128>(magnitude);
  const auto biased = static_cast<int>(word >> 112);
  if (biased == 0) return {0, 0};
  const Word128 mantissa = word & ((Word128{1} << 112) - 1);
  return {mantissa | (Word128{1} << 112), biased - 16383 - 112};
}

// Largest finite value or infinity, as the rounding says.
std::uint64_t overflow_code(const FloatFacts& facts, const ConversionForm& form, bool negative) {
  const bool toward_zero = form.rounding == Rounding::Zero ||
                           (form.rounding == Rounding::Down && !negative) ||
                           (form.rounding == Rounding::Up && negative);
  if (form.satfinite || toward_zero || !facts.has_infinity) return facts.max_finite;
  return facts.max_finite + 1;
}

std::uint64_t magnitude_code(const FloatFacts& facts, const Exact& value,
                             const ConversionForm& form) {
  const Significand parts = significand_of(value.magnitude);
  if (parts.bits == 0) return 0;
  // Exponent of the last place: that of the value, or that of the subnormal numbers.
  const int smallest = 1 - facts.bias() - facts.mantissa_bits;
  const int last_place = std::max(parts.exponent + 112 - facts.mantissa_bits, smallest);
  const Word128 rounded =
      shift_rounded(parts.bits, last_place - parts.exponent, form.rounding, value.negative);
  const auto scaled = static_cast<std::uint64_t>(last_place - smallest) << facts.mantissa_bits;
  // The hidden bit of a normal number adds one to the exponent; a carry moves on by itself.
  const std::uint64_t code = scaled + static_cast<std::uint64_t>(rounded);
  return code > facts.max_finite ? overflow_code(facts, form, value.negative) : code;
}

std::uint64_t encode_float(const FloatFacts& facts, const Exact& value,
                           const ConversionForm& form) {
  const int sign_at = facts.exponent_bits + facts.mantissa_bits;
  if (value.kind == Exact::Kind::NotANumber) return facts.nan;
  std::uint64_t code =
      value.kind == Exact::Kind::Infinite
          ? (form.satfinite || !facts.has_infinity ? facts.max_finite : facts.max_finite + 1)
          : magnitude_code(facts, value, form);
  const bool subnormal = code >> facts.mantissa_bits == 0;
  if (form.ftz && facts.type == Type::F32 && subnormal) code = 0;
  return (code | (static_cast<std::uint64_t>(value.negative) << sign_at)) << facts.low_zeros;
}

// To an integral value, keeping the sign of zero.
Exact rounded_to_integral(Exact value, Rounding rounding) {
  if (value.kind != Exact::Kind::Finite) return value;
  const Significand parts = significand_of(value.magnitude);
  if (parts.bits == 0 || parts.exponent >= 0) return value;
  const Word128 whole = shift_rounded(parts.bits, -parts.exponent, rounding, value.negative);
  value.magnitude = static_cast<Quad>(whole);
  return value;
}

std::uint64_t encode_integer(const IntegerFacts& facts, const Exact& value, Type from) {
  const int value_bits = facts.is_signed ? facts.bits - 1 : facts.bits;
  const std::uint64_t top = std::uint64_t{1} << (value_bits - 1);
  const std::uint64_t maximum = top - 1 + top;
  if (value.kind == Exact::Kind::NotANumber) {
    const bool wide = bits_of(from) == 64 || facts.bits == 64;
    const std::uint64_t bits = wide ? std::uint64_t{1} << (facts.bits - 1) : 0;
    return facts.is_signed ? static_cast<std::uint64_t>(sign_extend(bits, facts.bits)) : bits;
  }
  const Quad limit = value.negative ? (facts.is_signed ? Quad{2} * static_cast<Quad>(top) : Quad{0})
                                    : static_cast<Quad>(maximum);
  const bool beyond = value.kind == Exact::Kind::Infinite || value.magnitude > limit;
  const Quad magnitude = beyond ? limit : value.magnitude;
  const auto bits = static_cast<std::uint64_t>(magnitude);
  return value.negative ? std::uint64_t{0} - bits : bits;
}

Exact with_source_modifiers(Exact value, const ConversionForm& form, Type from) {
  const bool subnormal =
      from == Type::F32 && value.kind == Exact::Kind::Finite && value.magnitude < Quad{0x1p-126};
  if (form.ftz && subnormal) value.magnitude = 0;
  return value;
}

// .sat of a floating-point result and .relu.
Exact with_result_modifiers(Exact value, const ConversionForm& form) {
  const bool nan = value.kind == Exact::Kind::NotANumber;
  if (form.relu && value.negative && !nan) return {};
  if (!form.sat) return value;
  if (nan || value.negative) return {};
  if (value.kind == Exact::Kind::Infinite || value.magnitude > 1) value.magnitude = 1;
  value.kind = Exact::Kind::Finite;
  return value;
}

std::uint64_t convert_integers(const ConversionForm& form, std::uint64_t bits) {
  const IntegerFacts to = *integer_facts(form.to);
  const IntegerFacts from = *integer_facts(form.from);
  if (form.sat) return encode_integer(to, exact_integer(from, bits), form.from);
  const std::uint64_t value = from.is_signed
                                  ? static_cast<std::uint64_t>(sign_extend(bits, from.bits))
                                  : zero_extend(bits, from.bits);
  return to.is_signed ? static_cast<std::uint64_t>(sign_extend(value, to.bits))
                      : zero_extend(value, to.bits);
}

std::uint64_t convert_element(const ConversionForm& form, std::uint64_t bits) {
  const Type from = element_of(form.from);
  const auto to_integer = integer_facts(form.to);
  if (to_integer && integer_facts(from)) return convert_integers(form, bits);
  Exact value = with_source_modifiers(decode(from, bits), form, from);
  if (form.to_integral || to_integer) value = rounded_to_integral(value, form.rounding);
  if (to_integer) return encode_integer(*to_integer, value, from);
  return encode_float(*float_facts(element_of(form.to)), with_result_modifiers(value, form), form);
}

constexpr std::array kRoundings{
    std::pair{std::string_view("rn"), Rounding::Nearest},
    std::pair{std::string_view("rz"), Rounding::Zero},
    std::pair{std::string_view("rm"), Rounding::Down},
    std::pair{std::string_view("rp"), Rounding::Up},
    std::pair{std::string_view("rna"), Rounding::TiesAway},
};

// False: not a modifier of cvt.
bool accept_modifier(ConversionForm& form, std::string_view modifier) {
  if (modifier == "ftz") return form.ftz = true;
  if (modifier == "sat") return form.sat = true;
  if (modifier == "satfinite") return form.satfinite = true;
  if (modifier == "relu") return form.relu = true;
  for (const auto& [name, rounding] : kRoundings) {
    const bool integral =
        modifier.size() == 3 && modifier.substr(0, 2) == name && modifier[2] == 'i';
    if (modifier != name && !integral) continue;
    form.rounding = rounding;
    form.to_integral = integral;
    return true;
  }
  return false;
}

bool is_convertible(Type type) {
  return integer_facts(type).has_value() || float_facts(element_of(type)) != nullptr;
}

bool needs_rounding(const ConversionForm& form) {
  const FloatFacts* to = float_facts(element_of(form.to));
  const FloatFacts* from = float_facts(element_of(form.from));
  if (to == nullptr) return from != nullptr;
  if (from == nullptr) return true;
  return to->mantissa_bits < from->mantissa_bits || to->exponent_bits < from->exponent_bits;
}

bool is_consistent(const ConversionForm& form) {
  if (!is_convertible(form.to) || !is_convertible(form.from)) return false;
  const bool rounds = form.rounding != Rounding::None;
  if (needs_rounding(form) && !rounds) return false;
  const bool from_float = float_facts(element_of(form.from)) != nullptr;
  const bool to_float = float_facts(element_of(form.to)) != nullptr;
  if (!from_float && !to_float) return !rounds;
  if (from_float && !to_float) return form.to_integral;
  if (!from_float) return !form.to_integral;
  // Pairs become pairs, or are made of two f32.
  if (is_pair(form.from)) return is_pair(form.to);
  return !is_pair(form.to) || form.from == Type::F32;
}

}  // namespace

std::optional<ConversionForm> parse_conversion(const std::vector<std::string>& modifiers) {
  if (modifiers.size() < 2) return std::nullopt;
  ConversionForm form;
  form.to = type_from_name(modifiers[modifiers.size() - 2]).value_or(Type::None);
  form.from = type_from_name(modifiers.back()).value_or(Type::None);
  for (std::size_t i = 0; i + 2 < modifiers.size(); ++i) {
    if (!accept_modifier(form, modifiers[i])) return std::nullopt;
  }
  if (!is_consistent(form)) return std::nullopt;
  return form;
}

bool has_two_sources(const ConversionForm& form) {
  return is_pair(form.to) && !is_pair(form.from);
}

std::uint64_t convert(const ConversionForm& form, const ConversionSources& sources) {
  if (!is_pair(form.to)) return convert_element(form, sources.a);
  const int width = bits_of(form.to) / 2;
  const std::uint64_t high =
      has_two_sources(form) ? sources.a : sources.a >> (bits_of(form.from) / 2);
  const std::uint64_t low = has_two_sources(form) ? sources.b : sources.a;
  return (convert_element(form, high) << width) | convert_element(form, low);
}

}  // namespace fitest::ptx
