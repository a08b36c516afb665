#!/usr/bin/env bash
# Sign, pack and notarise the application bundle that packaging/build.py left in dist/. On a Mac:
#
#   packaging/macos/package.sh VERSION
#
# DESKTOP_KB_IDENTITY  a 'Developer ID Application' certificate in the keychain; without it the bundle is
#                      signed for this machine only and not notarised
# DESKTOP_KB_PROFILE   the name under which `xcrun notarytool store-credentials` keeps the account
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$1
bundle="dist/Desktop KB.app"
image="dist/desktop-kb-$version-macos-arm64.dmg"
identity=${DESKTOP_KB_IDENTITY:--}

sign=(codesign --force --options runtime --sign "$identity")
if [ "$identity" = "-" ]; then sign+=(--timestamp=none); else sign+=(--timestamp); fi

# Inside out: a signature covers what lies within, and --deep does not reach libraries in Resources.
find "$bundle/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 | xargs -0 -n 50 "${sign[@]}"
sign+=(--entitlements packaging/macos/entitlements.plist)
"${sign[@]}" "$bundle/Contents/MacOS/desktop-kb"
"${sign[@]}" "$bundle"
codesign --verify --strict --verbose=2 "$bundle"

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
ditto "$bundle" "$staging/Desktop KB.app"
ln -s /Applications "$staging/Applications"
hdiutil create -volname "Desktop KB" -srcfolder "$staging" -format UDZO -ov "$image"

if [ "$identity" != "-" ] && [ -n "${DESKTOP_KB_PROFILE:-}" ]; then
  codesign --force --timestamp --sign "$identity" "$image"
  xcrun notarytool submit "$image" --keychain-profile "$DESKTOP_KB_PROFILE" --wait
  xcrun stapler staple "$image"
  spctl --assess --type open --context context:primary-signature --verbose "$image"
else
  echo "Not notarised: DESKTOP_KB_IDENTITY and DESKTOP_KB_PROFILE are not both set."
fi
