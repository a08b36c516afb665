; The installer for Windows, for one person, without administrator rights.
;
;   packaging/installers.py compiles it and says which files the program is offered for.
;
; An upgrade removes the old program first and leaves the library and the settings, which lie
; elsewhere (%LOCALAPPDATA%\desktop-kb). So does uninstalling, unless its box is ticked.

Unicode true
!include "MUI2.nsh"
!include "FileFunc.nsh"

!define NAME "Desktop KB"
!define PERSONAL "$LOCALAPPDATA\desktop-kb"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\desktop-kb"
!define SCHEME "Software\Classes\desktop-kb"
!define CLASS "Software\Classes\Applications\Desktop KB.exe"

Name "${NAME}"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\Desktop KB"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
RequestExecutionLevel user
SetCompressor /SOLID lzma
SetCompressorDictSize 64
ManifestDPIAware true
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "FileDescription" "${NAME} set-up"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "Apache License 2.0"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\Desktop KB.exe"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${LICENSE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_COMPONENTS
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"

LangString LIBRARY ${LANG_ENGLISH} "My library and settings, for good"
LangString LIBRARY ${LANG_SIMPCHINESE} "同时永久删除我的知识库和设置"
LangString RUNNING ${LANG_ENGLISH} "Desktop KB is open. Please close it, then try again."
LangString RUNNING ${LANG_SIMPCHINESE} "Desktop KB 正在运行。请先关闭它，然后重试。"

Function .onInit
  !insertmacro MUI_LANGDLL_DISPLAY
FunctionEnd

; A program that runs cannot be opened for writing: better to stop here than to mix two versions.
!macro REFUSE_WHILE_RUNNING
  ${If} ${FileExists} "$INSTDIR\desktop-kb.exe"
    ClearErrors
    FileOpen $0 "$INSTDIR\desktop-kb.exe" a
    ${If} ${Errors}
      MessageBox MB_OK|MB_ICONEXCLAMATION "$(RUNNING)" /SD IDOK
      Abort
    ${EndIf}
    FileClose $0
    ClearErrors
    FileOpen $0 "$INSTDIR\Desktop KB.exe" a
    ${If} ${Errors}
      MessageBox MB_OK|MB_ICONEXCLAMATION "$(RUNNING)" /SD IDOK
      Abort
    ${EndIf}
    FileClose $0
  ${EndIf}
!macroend

; Only a folder that this installer filled is emptied, whatever the person chose.
!macro REMOVE_PROGRAM
  ${If} ${FileExists} "$INSTDIR\desktop-kb.exe"
    RMDir /r "$INSTDIR\_internal"
    Delete "$INSTDIR\desktop-kb.exe"
    Delete "$INSTDIR\Desktop KB.exe"
    Delete "$INSTDIR\Uninstall.exe"
  ${EndIf}
!macroend

!macro OPEN_WITH EXTENSION
  WriteRegStr HKCU "${CLASS}\SupportedTypes" "${EXTENSION}" ""
!macroend

Section "-Program"
  !insertmacro REFUSE_WHILE_RUNNING
  !insertmacro REMOVE_PROGRAM
  SetOutPath "$INSTDIR"
  File /r "${SOURCE}/*"
  WriteUninstaller "$INSTDIR\Uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\Desktop KB.exe"
  ; 'Send to' adds files and folders; Windows puts their paths behind what stands here.
  CreateShortcut "$SENDTO\${NAME}.lnk" "$INSTDIR\Desktop KB.exe" "gui --"
  ; 'Open with' for the files that can be read; nobody's default is changed.
  WriteRegStr HKCU "${CLASS}\shell\open\command" "" '"$INSTDIR\Desktop KB.exe" gui -- "%1"'
  !include "${SUFFIXES}"
  ; Links to a library, which the window asks about before it shows anything.
  WriteRegStr HKCU "${SCHEME}" "" "URL:${NAME}"
  WriteRegStr HKCU "${SCHEME}" "URL Protocol" ""
  WriteRegStr HKCU "${SCHEME}\shell\open\command" "" '"$INSTDIR\Desktop KB.exe" open -- "%1"'
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\Desktop KB.exe"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\Uninstall.exe"'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
SectionEnd

Section "un.${NAME}"
  SectionIn RO
  !insertmacro REFUSE_WHILE_RUNNING
  !insertmacro REMOVE_PROGRAM
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  Delete "$SENDTO\${NAME}.lnk"
  DeleteRegKey HKCU "${CLASS}"
  DeleteRegKey HKCU "${SCHEME}"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd

Section /o "un.$(LIBRARY)"
  RMDir /r "${PERSONAL}"
SectionEnd
