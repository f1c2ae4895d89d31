// SPDX-License-Identifier: Apache-2.0
// String literals: escapes, and the replacement fields of f-strings.
#include <fmt/format.h>

#include "pytorch/parser.h"

namespace fitest::pytorch {
namespace {

constexpr int kMaxFormatNesting = 2;

struct Content {
  SourceRange range;
  bool raw;
};

Content content_of(const Token& token) {
  const std::size_t quote = token.text.find_first_of("\"'");
  const bool raw = token.text.substr(0, quote).find_first_of("rR") != std::string_view::npos;
  const char c = token.text[quote];
  const bool triple =
      token.text.size() >= quote + 6 && token.text[quote + 1] == c && token.text[quote + 2] == c;
  const std::size_t marks = triple ? 3 : 1;
  return {{token.range.begin + quote + marks, token.range.end - marks}, raw};
}

void append_utf8(std::string& text, std::uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | (code >> 6));
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | (code >> 12));
    text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | (code >> 18));
    text += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The position is behind the 'x', 'u' or 'U'.
void append_code(const SourcePtr& source, std::size_t& at, std::size_t digits, std::string& text) {
  const std::string_view all = source->text();
  std::uint32_t code = 0;
  const std::size_t begin = at;
  for (std::size_t i = 0; i < digits; ++i, ++at) {
    const int digit = at < all.size() ? hex_digit(all[at]) : -1;
    if (digit < 0) {
      fail_at(ErrorKind::Input, source, {begin - 2, at + 1},
              fmt::format("expected {} hexadecimal digits", digits));
    }
    code = code * 16 + static_cast<std::uint32_t>(digit);
  }
  if (code > 0x10FFFF) fail_at(ErrorKind::Input, source, {begin - 2, at}, "no such character");
  append_utf8(text, code);
}

// The position is behind the backslash.
void append_escape(const SourcePtr& source, std::size_t& at, std::string& text) {
  constexpr std::string_view kLetters = "\\'\"abfnrtv0\n";
  constexpr std::string_view kMeanings{"\\'\"\a\b\f\n\r\t\v\0\0", 12};
  const char c = source->text()[at++];
  const std::size_t known = kLetters.find(c);
  if (c == '\n') return;
  if (c == 'x') return append_code(source, at, 2, text);
  if (c == 'u') return append_code(source, at, 4, text);
  if (c == 'U') return append_code(source, at, 8, text);
  if (known != std::string_view::npos) {
    text += kMeanings[known];
  } else {
    text += '\\';
    text += c;
  }
}

// A '!' that is not the start of "!=".
bool is_conversion(std::string_view rest) {
  return rest.size() > 1 && rest[0] == '!' && rest[1] != '=';
}

// End of a replacement field's format: at the '}' that closes the field.
std::size_t end_of_format(std::string_view text, std::size_t at, std::size_t end) {
  for (int braces = 0; at < end && (braces > 0 || text[at] != '}'); ++at) {
    braces += text[at] == '{' ? 1 : text[at] == '}' ? -1 : 0;
  }
  return at;
}

// End of the expression of a replacement field: at its '=', '!', ':' or '}' on the outer level.
std::size_t end_of_field_expression(std::string_view text, std::size_t at, std::size_t end) {
  int brackets = 0;
  char quote = '\0';
  for (; at < end; ++at) {
    const char c = text[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++brackets;
    } else if ((c == ')' || c == ']' || c == '}') && brackets > 0) {
      --brackets;
    } else if (brackets == 0 &&
               (c == '}' || c == ':' || is_conversion(text.substr(at, end - at)))) {
      return at;
    }
  }
  return end;
}

}  // namespace

std::string decode_escapes(const SourcePtr& source, SourceRange range, bool raw) {
  const std::string_view text = source->text();
  std::string result;
  for (std::size_t at = range.begin; at < range.end;) {
    if (text[at] == '\\' && !raw && at + 1 < range.end) {
      ++at;
      append_escape(source, at, result);
    } else {
      result += text[at++];
    }
  }
  return result;
}

std::string decode_string(const SourcePtr& source, const Token& token) {
  const Content content = content_of(token);
  return decode_escapes(source, content.range, content.raw);
}

void Parser::append_format(const Token& token, FormatString& result) {
  const Content content = content_of(token);
  for (FormatPiece& piece : parse_format(content.range, content.raw, 0)) {
    result.pieces.push_back(std::move(piece));
  }
}

std::vector<FormatPiece> Parser::parse_format(SourceRange range, bool raw, int nesting) {
  const std::string_view text = source_->text();
  std::vector<FormatPiece> pieces;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) pieces.push_back({std::move(literal), nullptr, '\0', {}});
    literal.clear();
  };
  for (std::size_t at = range.begin; at < range.end;) {
    const char c = text[at];
    const bool doubled = at + 1 < range.end && text[at + 1] == c;
    if ((c == '{' || c == '}') && doubled && nesting == 0) {
      literal += c;
      at += 2;
    } else if (c == '{') {
      flush();
      pieces.push_back(parse_field(at, range.end, raw, nesting));
    } else if (c == '}') {
      fail_at(ErrorKind::Input, source_, {at, at + 1}, "a single '}' in an f-string");
    } else {
      const std::size_t stop = std::min(range.end, text.find_first_of("{}", at));
      literal += decode_escapes(source_, {at, stop}, raw);
      at = stop;
    }
  }
  flush();
  return pieces;
}

FormatPiece Parser::parse_field(std::size_t& at, std::size_t end, bool raw, int nesting) {
  const std::string_view text = source_->text();
  const std::size_t open = at++;
  const auto unclosed = [&] {
    fail_at(ErrorKind::Input, source_, {open, open + 1}, "this '{' of the f-string is not closed");
  };
  if (nesting >= kMaxFormatNesting) {
    fail_at(ErrorKind::Input, source_, {open, open + 1}, "the f-string is nested too deeply");
  }
  const std::size_t stop = end_of_field_expression(text, at, end);
  std::size_t expression_end = stop;
  FormatPiece piece;
  while (expression_end > at && text[expression_end - 1] == ' ') --expression_end;
  const bool shows_source =
      expression_end > at + 1 && text[expression_end - 1] == '=' &&
      std::string_view("=!<>").find(text[expression_end - 2]) == std::string_view::npos;
  if (shows_source) {
    piece.text = std::string(text.substr(at, stop - at));
    piece.conversion = 'r';
    --expression_end;
  }
  piece.value = Parser(source_, {at, expression_end}, LexMode::Expression, depth_ + 1)
                    .parse_whole_expression();
  at = stop;
  if (at < end && text[at] == '!') {
    piece.conversion = at + 1 < end ? text[at + 1] : '\0';
    if (piece.conversion != 'r' && piece.conversion != 's') {
      fail_at(ErrorKind::Input, source_, {at, at + 2}, "expected !r or !s");
    }
    at += 2;
  }
  if (at < end && text[at] == ':') {
    const std::size_t begin = ++at;
    at = end_of_format(text, at, end);
    piece.format = parse_format({begin, at}, raw, nesting + 1);
  }
  if (at >= end || text[at] != '}') unclosed();
  ++at;
  return piece;
}

}  // namespace fitest::pytorch
