#!/usr/bin/env bash
# Sign, pack and notarise the application bundle that packaging/build.py left in a folder. On a Mac:
#
#   packaging/macos/package.sh VERSION [FOLDER]      FOLDER: dist by default
#
# DESKTOP_KB_IDENTITY  a 'Developer ID Application' certificate in the keychain; without it the bundle is
#                      signed for this machine only and not notarised
# DESKTOP_KB_PROFILE   the name under which `xcrun notarytool store-credentials` keeps the account
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$1
folder=${2:-dist}
bundle="$folder/Desktop KB.app"
image="$folder/desktop-kb-$version-macos-arm64.dmg"
identity=${DESKTOP_KB_IDENTITY:--}

# The hardened runtime, which notarisation asks for, loads only libraries of the same team: without a certificate
# there is no team, and the program would not start.
sign=(codesign --force --sign "$identity")
if [ "$identity" = "-" ]; then sign+=(--timestamp=none); else sign+=(--options runtime --timestamp); fi

# Every program and library by its first bytes, since Qt's frameworks and torch's helper have no suffix. The deepest
# come first: a signature covers what lies within, and --deep does not reach libraries in Resources.
binaries() {
  find "$bundle/Contents" -type f ! -path "$bundle/Contents/MacOS/*" -print0 |
    while IFS= read -r -d '' file; do
      case $(head -c 4 "$file" | od -An -tx1 | tr -d ' \n') in
        cffaedfe | cafebabe) printf '%s\t%s\n' "$(tr -cd / <<<"$file" | wc -c | tr -d ' ')" "$file" ;;
      esac
    done | sort -rn | cut -f 2-
}
binaries | tr '\n' '\0' | xargs -0 -n 50 "${sign[@]}"
sign+=(--entitlements packaging/macos/entitlements.plist)
"${sign[@]}" "$bundle/Contents/MacOS/desktop-kb"
"${sign[@]}" "$bundle"
codesign --verify --strict --verbose=2 "$bundle"

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

notarised=
if [ "$identity" != "-" ] && [ -n "${DESKTOP_KB_PROFILE:-}" ]; then notarised=yes; fi

# Ask Apple about an archive or image. A refusal ends this: its reasons are in `xcrun notarytool log`.
submit() { xcrun notarytool submit "$1" --keychain-profile "$DESKTOP_KB_PROFILE" --wait; }

# The program is taken out of the image, whose ticket stays behind: without one of its own its first start would
# need a network.
if [ -n "$notarised" ]; then
  ditto -c -k --keepParent "$bundle" "$folder/bundle.zip"
  submit "$folder/bundle.zip"
  rm -f "$folder/bundle.zip"
  xcrun stapler staple "$bundle"
fi

ditto "$bundle" "$staging/Desktop KB.app"
ln -s /Applications "$staging/Applications"
hdiutil create -volname "Desktop KB" -srcfolder "$staging" -format UDZO -ov "$image"

if [ -n "$notarised" ]; then
  codesign --force --timestamp --sign "$identity" "$image"
  submit "$image"
  xcrun stapler staple "$image"
  spctl --assess --type open --context context:primary-signature --verbose "$image"
else
  echo "Not notarised: DESKTOP_KB_IDENTITY and DESKTOP_KB_PROFILE are not both set."
fi
