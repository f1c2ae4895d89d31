// SPDX-License-Identifier: Apache-2.0
#include "pytorch/big_integer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "pytorch/budget.h"

namespace fitest::pytorch {
namespace {

using Limbs = std::vector<std::uint32_t>;
using Wide = std::uint64_t;

constexpr unsigned kLimbBits = 32;
constexpr std::size_t kMostDigits = 4300;
constexpr std::size_t kLongLimbs = 64;  // from here on an operation looks at the clock

void trim(Limbs& limbs) {
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
}

std::size_t bits_of_limbs(const Limbs& limbs) {
  if (limbs.empty()) return 0;
  return limbs.size() * kLimbBits - static_cast<std::size_t>(std::countl_zero(limbs.back()));
}

void check_bits(std::size_t bits) {
  if (bits <= BigInteger::kMostBits) return;
  fail(ErrorKind::Input,
       fmt::format("an integer of {} bits exceeds the builtin engine's limit of {}", bits,
                   BigInteger::kMostBits));
}

void look_at_clock(std::size_t limbs) {
  const Budget* budget = Budget::current();
  if (limbs >= kLongLimbs && budget != nullptr) budget->check_time();
}

[[noreturn]] void too_many_digits() {
  fail(ErrorKind::Input, fmt::format("ValueError: Exceeds the limit ({} digits) for integer string "
                                     "conversion",
                                     kMostDigits));
}

int compare_limbs(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

Limbs add_limbs(const Limbs& a, const Limbs& b) {
  const Limbs& longer = a.size() >= b.size() ? a : b;
  const Limbs& shorter = a.size() >= b.size() ? b : a;
  Limbs sum(longer.size() + 1);
  Wide carry = 0;
  for (std::size_t i = 0; i < longer.size(); ++i) {
    carry += Wide{longer[i]} + (i < shorter.size() ? shorter[i] : 0);
    sum[i] = static_cast<std::uint32_t>(carry);
    carry >>= kLimbBits;
  }
  sum.back() = static_cast<std::uint32_t>(carry);
  trim(sum);
  return sum;
}

// a - b for a ≥ b.
Limbs subtract_limbs(Limbs a, const Limbs& b) {
  Wide borrow = 0;
  for (std::size_t i = 0; i < a.size() && (i < b.size() || borrow != 0); ++i) {
    const Wide taken = borrow + (i < b.size() ? b[i] : 0);
    borrow = a[i] < taken ? 1 : 0;
    a[i] = static_cast<std::uint32_t>(a[i] - taken);
  }
  trim(a);
  return a;
}

Limbs multiply_limbs(const Limbs& a, const Limbs& b) {
  if (a.empty() || b.empty()) return {};
  check_bits(bits_of_limbs(a) + bits_of_limbs(b) - 1);
  look_at_clock(std::min(a.size(), b.size()));
  Limbs product(a.size() + b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    Wide carry = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      carry += Wide{a[i]} * b[j] + product[i + j];
      product[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= kLimbBits;
    }
    product[i + b.size()] = static_cast<std::uint32_t>(carry);
  }
  trim(product);
  return product;
}

// In place; the rest.
std::uint32_t divide_by_limb(Limbs& limbs, std::uint32_t divisor) {
  Wide rest = 0;
  for (std::size_t i = limbs.size(); i-- > 0;) {
    rest = (rest << kLimbBits) | limbs[i];
    limbs[i] = static_cast<std::uint32_t>(rest / divisor);
    rest %= divisor;
  }
  trim(limbs);
  return static_cast<std::uint32_t>(rest);
}

Limbs shift_limbs_left(const Limbs& limbs, std::size_t by) {
  if (limbs.empty()) return {};
  const std::size_t whole = by / kLimbBits;
  const unsigned part = by % kLimbBits;
  Limbs result(limbs.size() + whole + 1);
  for (std::size_t i = 0; i < limbs.size(); ++i) {
    const Wide shifted = Wide{limbs[i]} << part;
    result[i + whole] |= static_cast<std::uint32_t>(shifted);
    result[i + whole + 1] = static_cast<std::uint32_t>(shifted >> kLimbBits);
  }
  trim(result);
  return result;
}

// Towards zero.
Limbs shift_limbs_right(const Limbs& limbs, std::size_t by) {
  const std::size_t whole = by / kLimbBits;
  const unsigned part = by % kLimbBits;
  if (whole >= limbs.size()) return {};
  Limbs result(limbs.size() - whole);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const Wide high = i + whole + 1 < limbs.size() ? limbs[i + whole + 1] : 0;
    const Wide both = (high << kLimbBits) | limbs[i + whole];
    result[i] = static_cast<std::uint32_t>(both >> part);
  }
  trim(result);
  return result;
}

bool has_bits_below(const Limbs& limbs, std::size_t bit) {
  for (std::size_t i = 0; i < std::min(limbs.size(), bit / kLimbBits); ++i) {
    if (limbs[i] != 0) return true;
  }
  const std::size_t at = bit / kLimbBits;
  return at < limbs.size() && (limbs[at] & ((std::uint32_t{1} << (bit % kLimbBits)) - 1)) != 0;
}

struct LimbDivision {
  Limbs quotient;
  Limbs rest;
};

// The quotient's digit from the leading limbs of the rest and of the divisor, at most 1 too large.
// Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D, step D3.
Wide estimate_digit(const Limbs& rest, const Limbs& divisor, std::size_t at) {
  const std::size_t n = divisor.size();
  const Wide top = (Wide{rest[at + n]} << kLimbBits) | rest[at + n - 1];
  Wide digit = top / divisor[n - 1];
  Wide left = top % divisor[n - 1];
  while (digit >> kLimbBits != 0 ||
         digit * divisor[n - 2] > ((left << kLimbBits) | rest[at + n - 2])) {
    --digit;
    left += divisor[n - 1];
    if (left >> kLimbBits != 0) break;
  }
  return digit;
}

// rest[at…] -= digit·divisor; true if that went below zero. Step D4.
bool subtract_multiple(Limbs& rest, const Limbs& divisor, std::size_t at, Wide digit) {
  Wide carry = 0;
  Wide borrow = 0;
  for (std::size_t i = 0; i < divisor.size(); ++i) {
    carry += digit * divisor[i];
    const Wide taken = static_cast<std::uint32_t>(carry) + borrow;
    carry >>= kLimbBits;
    borrow = rest[at + i] < taken ? 1 : 0;
    rest[at + i] = static_cast<std::uint32_t>(rest[at + i] - taken);
  }
  const Wide taken = carry + borrow;
  const bool below = rest[at + divisor.size()] < taken;
  rest[at + divisor.size()] = static_cast<std::uint32_t>(rest[at + divisor.size()] - taken);
  return below;
}

// Step D6.
void add_back(Limbs& rest, const Limbs& divisor, std::size_t at) {
  Wide carry = 0;
  for (std::size_t i = 0; i < divisor.size(); ++i) {
    carry += Wide{rest[at + i]} + divisor[i];
    rest[at + i] = static_cast<std::uint32_t>(carry);
    carry >>= kLimbBits;
  }
  rest[at + divisor.size()] += static_cast<std::uint32_t>(carry);
}

LimbDivision divide_limbs(const Limbs& a, const Limbs& b) {
  if (compare_limbs(a, b) < 0) return {{}, a};
  if (b.size() == 1) {
    LimbDivision result{a, {}};
    const std::uint32_t rest = divide_by_limb(result.quotient, b[0]);
    if (rest != 0) result.rest.push_back(rest);
    return result;
  }
  look_at_clock(b.size());
  const auto shift = static_cast<std::size_t>(std::countl_zero(b.back()));
  const Limbs divisor = shift_limbs_left(b, shift);
  Limbs rest = shift_limbs_left(a, shift);
  rest.resize(a.size() + 1);
  Limbs quotient(a.size() - b.size() + 1);
  for (std::size_t at = quotient.size(); at-- > 0;) {
    Wide digit = estimate_digit(rest, divisor, at);
    if (subtract_multiple(rest, divisor, at, digit)) {
      --digit;
      add_back(rest, divisor, at);
    }
    quotient[at] = static_cast<std::uint32_t>(digit);
  }
  trim(quotient);
  trim(rest);
  return {std::move(quotient), shift_limbs_right(rest, shift)};
}

// The leading 64 bits, the last of which is set if anything follows, and their weight.
double nearest(const Limbs& limbs, bool more_below, int exponent) {
  const std::size_t bits = bits_of_limbs(limbs);
  const std::size_t drop = bits > 64 ? bits - 64 : 0;
  const Limbs top = shift_limbs_right(limbs, drop);
  Wide mantissa = 0;
  for (std::size_t i = top.size(); i-- > 0;) mantissa = (mantissa << kLimbBits) | top[i];
  if (more_below || has_bits_below(limbs, drop)) mantissa |= 1;
  return std::ldexp(static_cast<double>(mantissa), static_cast<int>(drop) + exponent);
}

// Two's complement of `count` limbs.
Limbs complement(Limbs limbs, bool negative, std::size_t count) {
  limbs.resize(count);
  if (!negative) return limbs;
  Wide carry = 1;
  for (std::uint32_t& limb : limbs) {
    carry += static_cast<std::uint32_t>(~limb);
    limb = static_cast<std::uint32_t>(carry);
    carry >>= kLimbBits;
  }
  return limbs;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

}  // namespace

BigInteger::BigInteger(std::int64_t value) : negative_(value < 0) {
  auto magnitude = static_cast<Wide>(value);
  if (negative_) magnitude = -magnitude;
  limbs_ = {static_cast<std::uint32_t>(magnitude),
            static_cast<std::uint32_t>(magnitude >> kLimbBits)};
  trim(limbs_);
}

BigInteger::BigInteger(bool negative, Limbs limbs)
    : negative_(negative && !limbs.empty()), limbs_(std::move(limbs)) {
  check_bits(bits());
}

std::optional<BigInteger> BigInteger::parse(std::string_view digits, unsigned radix) {
  if (digits.empty()) return std::nullopt;
  if (radix == 10 && digits.size() > kMostDigits) too_many_digits();
  check_bits((digits.size() - 1) * (radix == 2 ? 1 : radix == 8 ? 3 : radix == 16 ? 4 : 3));
  Limbs limbs;
  for (char c : digits) {
    const int digit = digit_of(c);
    if (digit >= static_cast<int>(radix)) return std::nullopt;
    Wide carry = static_cast<Wide>(digit);
    for (std::uint32_t& limb : limbs) {
      carry += Wide{limb} * radix;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= kLimbBits;
    }
    if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
  }
  return BigInteger(false, std::move(limbs));
}

BigInteger BigInteger::of(double number) {
  int exponent = 0;
  const double fraction = std::frexp(std::trunc(number), &exponent);
  const BigInteger mantissa(static_cast<std::int64_t>(std::ldexp(fraction, 53)));
  return exponent >= 53 ? mantissa.shifted_left(static_cast<std::uint64_t>(exponent - 53))
                        : BigInteger(static_cast<std::int64_t>(number));
}

std::size_t BigInteger::bits() const noexcept {
  return bits_of_limbs(limbs_);
}

std::size_t BigInteger::set_bits() const noexcept {
  std::size_t count = 0;
  for (std::uint32_t limb : limbs_) count += static_cast<std::size_t>(std::popcount(limb));
  return count;
}

std::optional<std::int64_t> BigInteger::narrow() const noexcept {
  if (limbs_.size() > 2) return std::nullopt;
  Wide magnitude = 0;
  for (std::size_t i = limbs_.size(); i-- > 0;) magnitude = (magnitude << kLimbBits) | limbs_[i];
  constexpr Wide kTop = Wide{1} << 63;
  if (magnitude > kTop || (magnitude == kTop && !negative_)) return std::nullopt;
  return static_cast<std::int64_t>(negative_ ? -magnitude : magnitude);
}

double BigInteger::to_double() const noexcept {
  const double magnitude = nearest(limbs_, false, 0);
  return negative_ ? -magnitude : magnitude;
}

std::string BigInteger::text(unsigned radix) const {
  if (limbs_.empty()) return "0";
  // 2^14284 < 10^4300 < 2^14285.
  if (radix == 10 && bits() > 14285) too_many_digits();
  constexpr std::uint32_t kChunk10 = 1000000000;
  constexpr std::uint32_t kChunk16 = 1U << 28;
  constexpr std::uint32_t kChunk8 = 1U << 27;
  const std::uint32_t chunk = radix == 10 ? kChunk10 : radix == 8 ? kChunk8 : kChunk16;
  const int width = radix == 10 || radix == 8 ? 9 : radix == 16 ? 7 : 28;
  std::string digits;
  for (Limbs rest = limbs_; !rest.empty();) {
    std::uint32_t part = divide_by_limb(rest, chunk);
    for (int i = 0; i < width && (part != 0 || !rest.empty()); ++i, part /= radix) {
      digits += "0123456789abcdef"[part % radix];
    }
  }
  if (radix == 10 && digits.size() > kMostDigits) too_many_digits();
  if (negative_) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

BigInteger BigInteger::operator-() const {
  return {!negative_, limbs_};
}

BigInteger operator+(const BigInteger& a, const BigInteger& b) {
  if (a.negative_ == b.negative_) return {a.negative_, add_limbs(a.limbs_, b.limbs_)};
  if (compare_limbs(a.limbs_, b.limbs_) >= 0) {
    return {a.negative_, subtract_limbs(a.limbs_, b.limbs_)};
  }
  return {b.negative_, subtract_limbs(b.limbs_, a.limbs_)};
}

BigInteger operator-(const BigInteger& a, const BigInteger& b) {
  return a + -b;
}

BigInteger operator*(const BigInteger& a, const BigInteger& b) {
  return {a.negative_ != b.negative_, multiply_limbs(a.limbs_, b.limbs_)};
}

BigInteger::Division BigInteger::divide(const BigInteger& a, const BigInteger& b) {
  LimbDivision parts = divide_limbs(a.limbs_, b.limbs_);
  Division result{{a.negative_ != b.negative_, std::move(parts.quotient)},
                  {a.negative_, std::move(parts.rest)}};
  if (!result.rest.is_zero() && a.negative_ != b.negative_) {
    result.quotient = result.quotient - BigInteger(1);
    result.rest = result.rest + b;
  }
  return result;
}

double BigInteger::ratio(const BigInteger& a, const BigInteger& b) {
  if (a.is_zero()) return 0;
  // 66 bits of the quotient decide how it rounds; no bit counts below the least subnormal's.
  constexpr std::int64_t kQuotientBits = 66;
  constexpr std::int64_t kLeastWeight = 1076;
  const auto missing =
      kQuotientBits - static_cast<std::int64_t>(a.bits()) + static_cast<std::int64_t>(b.bits());
  const std::int64_t shift = std::clamp<std::int64_t>(missing, 0, kLeastWeight);
  const LimbDivision parts =
      divide_limbs(shift_limbs_left(a.limbs_, static_cast<std::size_t>(shift)), b.limbs_);
  const double magnitude = nearest(parts.quotient, !parts.rest.empty(), -static_cast<int>(shift));
  return a.negative_ != b.negative_ ? -magnitude : magnitude;
}

BigInteger BigInteger::power(BigInteger base, std::uint64_t exponent) {
  if (base.bits() > 1) {
    if (exponent > kMostBits) check_bits(kMostBits + 1);
    check_bits((base.bits() - 1) * exponent);
  }
  BigInteger result(1);
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = result * base;
    if (exponent > 1) base = base * base;
  }
  return result;
}

BigInteger BigInteger::power(const BigInteger& base, const BigInteger& exponent,
                             const BigInteger& modulus) {
  BigInteger result = divide(BigInteger(1), modulus).rest;
  BigInteger factor = divide(base, modulus).rest;
  for (std::size_t bit = 0; bit < exponent.bits(); ++bit) {
    look_at_clock(kLongLimbs);
    if ((exponent.limbs_[bit / kLimbBits] >> (bit % kLimbBits)) % 2 != 0) {
      result = divide(result * factor, modulus).rest;
    }
    factor = divide(factor * factor, modulus).rest;
  }
  return result;
}

BigInteger BigInteger::shifted_left(std::uint64_t by) const {
  if (is_zero()) return {};
  check_bits(bits() + std::min<std::uint64_t>(by, kMostBits + 1));
  return {negative_, shift_limbs_left(limbs_, by)};
}

BigInteger BigInteger::shifted_right(std::uint64_t by) const {
  const std::size_t within = std::min<std::uint64_t>(by, kMostBits + 1);
  const BigInteger towards_zero(negative_, shift_limbs_right(limbs_, within));
  const bool lost = negative_ && has_bits_below(limbs_, within);
  return lost ? towards_zero - BigInteger(1) : towards_zero;
}

BigInteger BigInteger::bitwise(BitOperator op, const BigInteger& a, const BigInteger& b) {
  const std::size_t count = std::max(a.limbs_.size(), b.limbs_.size()) + 1;
  const Limbs x = complement(a.limbs_, a.negative_, count);
  const Limbs y = complement(b.limbs_, b.negative_, count);
  Limbs result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = op == BitOperator::And  ? x[i] & y[i]
                : op == BitOperator::Or ? x[i] | y[i]
                                        : x[i] ^ y[i];
  }
  const bool negative = result.back() >> (kLimbBits - 1) != 0;
  result = complement(std::move(result), negative, count);
  trim(result);
  return {negative, std::move(result)};
}

int BigInteger::compare(const BigInteger& a, const BigInteger& b) noexcept {
  if (a.negative_ != b.negative_) return a.negative_ ? -1 : 1;
  const int order = compare_limbs(a.limbs_, b.limbs_);
  return a.negative_ ? -order : order;
}

int BigInteger::compare(const BigInteger& a, double b) {
  if (std::isnan(b)) return 2;
  if (std::isinf(b)) return b > 0 ? -1 : 1;
  const int order = compare(a, of(b));
  const double fraction = b - std::trunc(b);
  return order != 0 ? order : fraction > 0 ? -1 : fraction < 0 ? 1 : 0;
}

}  // namespace fitest::pytorch
