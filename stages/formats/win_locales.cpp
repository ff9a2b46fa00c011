// Locales of Windows: the language packs that Windows has, and common neighbours of their regions.
// Names and identifiers: Microsoft's list of available language packs; keyboards: its list of
// default input profiles. Where the default is an input method (ja, ko, zh), which Windows PE does
// not start, the layout is the plain keyboard of the same number.
#include "formats/winpe.h"

namespace remedia {

namespace {

constexpr WinLocale kLocales[] = {
    {"ar-SA", 0x0401, 0x00000401},      {"bg-BG", 0x0402, 0x00030402},
    {"ca-ES", 0x0403, 0x0000040a},      {"cs-CZ", 0x0405, 0x00000405},
    {"da-DK", 0x0406, 0x00000406},      {"de-AT", 0x0c07, 0x00000407},
    {"de-CH", 0x0807, 0x00000807},      {"de-DE", 0x0407, 0x00000407},
    {"de-LI", 0x1407, 0x00000807},      {"de-LU", 0x1007, 0x00000407},
    {"el-GR", 0x0408, 0x00000408},      {"en-AU", 0x0c09, 0x00000409},
    {"en-CA", 0x1009, 0x00000409},      {"en-GB", 0x0809, 0x00000809},
    {"en-IE", 0x1809, 0x00001809},      {"en-IN", 0x4009, 0x00004009},
    {"en-NZ", 0x1409, 0x00000409},      {"en-SG", 0x4809, 0x00000409},
    {"en-US", 0x0409, 0x00000409},      {"en-ZA", 0x1c09, 0x00000409},
    {"es-AR", 0x2c0a, 0x0000080a},      {"es-CL", 0x340a, 0x0000080a},
    {"es-CO", 0x240a, 0x0000080a},      {"es-ES", 0x0c0a, 0x0000040a},
    {"es-MX", 0x080a, 0x0000080a},      {"es-PE", 0x280a, 0x0000080a},
    {"et-EE", 0x0425, 0x00000425},      {"eu-ES", 0x042d, 0x0000040a},
    {"fi-FI", 0x040b, 0x0000040b},      {"fr-BE", 0x080c, 0x0000080c},
    {"fr-CA", 0x0c0c, 0x00011009},      {"fr-CH", 0x100c, 0x0000100c},
    {"fr-FR", 0x040c, 0x0000040c},      {"fr-LU", 0x140c, 0x0000100c},
    {"gl-ES", 0x0456, 0x0000040a},      {"he-IL", 0x040d, 0x0002040d},
    {"hr-HR", 0x041a, 0x0000041a},      {"hu-HU", 0x040e, 0x0000040e},
    {"id-ID", 0x0421, 0x00000409},      {"is-IS", 0x040f, 0x0000040f},
    {"it-CH", 0x0810, 0x0000100c},      {"it-IT", 0x0410, 0x00000410},
    {"ja-JP", 0x0411, 0x00000411},      {"ko-KR", 0x0412, 0x00000412},
    {"lt-LT", 0x0427, 0x00010427},      {"lv-LV", 0x0426, 0x00020426},
    {"ms-MY", 0x043e, 0x00000409},      {"nb-NO", 0x0414, 0x00000414},
    {"nl-BE", 0x0813, 0x00000813},      {"nl-NL", 0x0413, 0x00020409},
    {"nn-NO", 0x0814, 0x00000414},      {"pl-PL", 0x0415, 0x00000415},
    {"pt-BR", 0x0416, 0x00000416},      {"pt-PT", 0x0816, 0x00000816},
    {"ro-RO", 0x0418, 0x00010418},      {"ru-RU", 0x0419, 0x00000419},
    {"sk-SK", 0x041b, 0x0000041b},      {"sl-SI", 0x0424, 0x00000424},
    {"sr-Latn-RS", 0x241a, 0x0000081a}, {"sv-FI", 0x081d, 0x0000041d},
    {"sv-SE", 0x041d, 0x0000041d},      {"th-TH", 0x041e, 0x0000041e},
    {"tr-TR", 0x041f, 0x0000041f},      {"uk-UA", 0x0422, 0x00020422},
    {"vi-VN", 0x042a, 0x0000042a},      {"zh-CN", 0x0804, 0x00000804},
    {"zh-TW", 0x0404, 0x00000404},
};

bool same(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

std::span<const WinLocale> win_locales() { return kLocales; }

const WinLocale* find_win_locale(std::string_view name) {
  for (const WinLocale& locale : kLocales) {
    if (same(locale.name, name)) return &locale;
  }
  return nullptr;
}

}  // namespace remedia
