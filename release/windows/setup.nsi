; The setup. Each version gets a folder of its own; the file "current" names the one in use, and is replaced only after
; the new version has tried itself here (quetsach self-test, as quetsach.packs.upgrade does). A version that runs is left to run, and removed by a later setup or by uninstalling.
; Exit codes: 0 installed, 1 cancelled by a person, 2 not installed and everything as it was.
Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
SetCompressorDictSize 64
SetDateSave off
RequestExecutionLevel admin
ManifestDPIAware true
ManifestLongPathAware true
ManifestSupportedOS Win10
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "WinVer.nsh"

!define PRODUCT "Quét Sạch"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\QuetSach"
!define EVENTS_KEY "System\CurrentControlSet\Services\EventLog\Application\QuetSach"
!define EVENTS_OF_ALL_NUMBERS "%SystemRoot%\System32\EventCreate.exe" ; part of Windows; holds the text "%1" for 1 to 1000
!define REPLACE_AND_WRITE_THROUGH 9
!define ALREADY_EXISTS 183
Name "${PRODUCT}"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\QuetSach"
BrandingText "${PRODUCT} ${VERSION}"
!ifdef SIGN_UNINSTALLER
  !uninstfinalize '${SIGN_UNINSTALLER} "%1"' = 0
!endif

Var Version ; folder of the version that is being installed
Var Code
Var Told ; what a version said when it tried itself

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${SIDE}"
!define MUI_WELCOMEFINISHPAGE_BITMAP_STRETCH FitControl
!define MUI_ABORTWARNING
!define MUI_WELCOMEPAGE_TITLE "$(WelcomeTitle)"
!define MUI_WELCOMEPAGE_TEXT "$(WelcomeText)"
!define MUI_FINISHPAGE_TITLE "$(DoneTitle)"
!define MUI_FINISHPAGE_TEXT "$(DoneText)"
!define MUI_FINISHPAGE_RUN "$INSTDIR\QuetSachWindow.exe"
!define MUI_FINISHPAGE_RUN_TEXT "$(RunNow)"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "Vietnamese"
!insertmacro MUI_LANGUAGE "English"

LangString WelcomeTitle ${LANG_VIETNAMESE} "Cài Quét Sạch"
LangString WelcomeTitle ${LANG_ENGLISH} "Install Quét Sạch"
LangString WelcomeText ${LANG_VIETNAMESE} "Quét Sạch tìm và bóc gỡ mã độc trên máy tính này.$\n$\nViệc gì đã làm cũng hoàn tác được. Không gửi gì đi nếu bạn chưa đồng ý.$\n$\nCài mất khoảng 45 MB; gỡ ra lúc nào cũng được."
LangString WelcomeText ${LANG_ENGLISH} "Quét Sạch finds malware on this computer and removes it.$\n$\nEverything it does can be undone. Nothing is sent unless you agree.$\n$\nIt takes about 45 MB, and can be uninstalled at any time."
LangString DoneTitle ${LANG_VIETNAMESE} "Đã cài xong"
LangString DoneTitle ${LANG_ENGLISH} "Installed"
LangString DoneText ${LANG_VIETNAMESE} "Quét Sạch đã có trong trình đơn Start của máy này."
LangString DoneText ${LANG_ENGLISH} "Quét Sạch is in the Start menu of this computer now."
LangString RunNow ${LANG_VIETNAMESE} "Mở Quét Sạch ngay"
LangString RunNow ${LANG_ENGLISH} "Open Quét Sạch now"
LangString TooOld ${LANG_VIETNAMESE} "Quét Sạch cần Windows 10 bản 1809 hoặc mới hơn."
LangString TooOld ${LANG_ENGLISH} "Quét Sạch needs Windows 10 version 1809 or newer."
LangString NoRoom ${LANG_VIETNAMESE} "Không ghi được các tệp: ổ đĩa đầy, hoặc có chương trình khác ngăn lại. Máy vẫn như trước khi cài."
LangString NoRoom ${LANG_ENGLISH} "The files cannot be written: the disk is full, or another program prevents it. The computer is as it was before."
LangString NoTrial ${LANG_VIETNAMESE} "Bản mới quét thử không được trên máy này nên đã bị gỡ đi. Bản đang dùng (nếu có) vẫn còn nguyên."
LangString NoTrial ${LANG_ENGLISH} "The new version could not make a test scan on this computer, so it was taken away again. The version in use, if any, is as it was."
LangString KeepQuarantine ${LANG_VIETNAMESE} "Giữ lại khu cách ly và nhật ký?$\n$\nGiữ lại thì sau này cài lại vẫn hoàn tác được các lần dọn đã làm. Nếu chọn Không, các tệp đã cách ly bị xóa hẳn."
LangString KeepQuarantine ${LANG_ENGLISH} "Keep the quarantine and its journal?$\n$\nIf you keep them, past clean-ups can still be undone after installing again. If you choose No, quarantined files are deleted for good."
LangString Another ${LANG_VIETNAMESE} "Đang có một lần cài đặt Quét Sạch khác chạy."
LangString Another ${LANG_ENGLISH} "Another setup of Quét Sạch is running."
LangString InUse ${LANG_VIETNAMESE} "Quét Sạch đang chạy. Hãy đóng cửa sổ Quét Sạch rồi thử lại."
LangString InUse ${LANG_ENGLISH} "Quét Sạch is running. Close its window, then try again."

VIProductVersion "${NUMBERS}"
!macro DESCRIBE_IN LANGUAGE
  VIAddVersionKey /LANG=${LANGUAGE} "ProductName" "${PRODUCT}"
  VIAddVersionKey /LANG=${LANGUAGE} "CompanyName" "${PRODUCT}"
  VIAddVersionKey /LANG=${LANGUAGE} "FileDescription" "${PRODUCT} (setup)"
  VIAddVersionKey /LANG=${LANGUAGE} "FileVersion" "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} "ProductVersion" "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} "LegalCopyright" "Apache-2.0"
!macroend
!insertmacro DESCRIBE_IN ${LANG_VIETNAMESE}
!insertmacro DESCRIBE_IN ${LANG_ENGLISH}

; Say what is wrong, in silence too by the exit code, and go.
!macro STOP MESSAGE
  MessageBox MB_ICONSTOP|MB_OK "${MESSAGE}" /SD IDOK
  SetErrorLevel 2
  Quit
!macroend

; Give a file its name over what has it, whole or not at all; $Code is 0 if Windows refuses.
!macro PLACE FROM TO
  System::Call 'kernel32::MoveFileExW(w "${FROM}", w "${TO}", i ${REPLACE_AND_WRITE_THROUGH}) i .s'
  Pop $Code
!macroend

Function .onInit
  SetRegView 64
  SetShellVarContext all
  StrCpy $INSTDIR "$PROGRAMFILES64\QuetSach" ; whatever /D= says: only administrators may write there
  ${GetParameters} $0
  ${GetOptions} $0 "/LANG=" $1
  ${If} $1 == "en"
    StrCpy $LANGUAGE ${LANG_ENGLISH}
  ${ElseIf} $1 == "vi"
    StrCpy $LANGUAGE ${LANG_VIETNAMESE}
  ${EndIf}
  System::Call 'kernel32::CreateMutexW(p 0, i 0, w "Global\QuetSachSetup") p .s ?e'
  Pop $0
  Pop $1 ; kept until this process ends
  ${If} $0 = ${ALREADY_EXISTS}
    !insertmacro STOP "$(Another)"
  ${EndIf}
  ${IfNot} ${AtLeastWin10}
    !insertmacro STOP "$(TooOld)"
  ${EndIf}
  ${WinVerGetBuild} $0
  ${If} $0 < 17763
    !insertmacro STOP "$(TooOld)"
  ${EndIf}
FunctionEnd

; Somebody ended it after files could not be written: what was written goes.
Function .onInstFailed
  ${If} $Version != ""
    SetOutPath "$TEMP"
    RMDir /r "$INSTDIR\$Version"
  ${EndIf}
FunctionEnd

; A folder that is not there yet, so that nothing of a version in use is written over.
Function NewFolder
  StrCpy $0 1
  ${Do}
    StrCpy $Version "${VERSION}-$0"
    IntOp $0 $0 + 1
  ${LoopWhile} ${FileExists} "$INSTDIR\$Version\*.*"
FunctionEnd

; Put a program above the versions in place. One that runs cannot be written over, but can be given another name.
!macro PLACE_PROGRAM NAME
  System::Call 'kernel32::CopyFileW(w "$INSTDIR\$Version\${NAME}", w "$INSTDIR\${NAME}.new", i 0)'
  !insertmacro PLACE "$INSTDIR\${NAME}.new" "$INSTDIR\${NAME}"
  ${If} $Code = 0
    CreateDirectory "$INSTDIR\before-$Version"
    Rename "$INSTDIR\${NAME}" "$INSTDIR\before-$Version\${NAME}"
    !insertmacro PLACE "$INSTDIR\${NAME}.new" "$INSTDIR\${NAME}"
  ${EndIf}
!macroend

; Remove what is neither the version in use nor running: a folder with a running program cannot be given another name.
!macro REMOVE_VERSIONS UN
Function ${UN}RemoveOtherVersions
  FindFirst $0 $1 "$INSTDIR\*.*"
  ${DoWhile} $1 != ""
    ${If} ${FileExists} "$INSTDIR\$1\*.*"
    ${AndIf} $1 != "."
    ${AndIf} $1 != ".."
    ${AndIf} $1 != $Version
      ClearErrors
      Rename "$INSTDIR\$1" "$INSTDIR\$1.removed"
      ${IfNot} ${Errors}
        RMDir /r "$INSTDIR\$1.removed"
      ${EndIf}
    ${EndIf}
    FindNext $0 $1
  ${Loop}
  FindClose $0
FunctionEnd
!macroend
!insertmacro REMOVE_VERSIONS ""
!insertmacro REMOVE_VERSIONS "un."

Section
  Call NewFolder
  SetOutPath "$INSTDIR\$Version"
  ClearErrors
  File /r "${TREE}/*"
  ${If} ${Errors}
    Goto no_room
  ${EndIf}
  SetOutPath "$INSTDIR"
  nsExec::ExecToStack /TIMEOUT=180000 '"$INSTDIR\$Version\quetsach.exe" self-test --lang en'
  Pop $Code
  Pop $Told
  ${If} $Code != "0"
    SetOutPath "$TEMP"
    RMDir /r "$INSTDIR\$Version"
    RMDir "$INSTDIR"
    !insertmacro STOP "$(NoTrial)$\n$\n$Told"
  ${EndIf}

  !insertmacro PLACE_PROGRAM "quetsach.exe"
  !insertmacro PLACE_PROGRAM "QuetSachWindow.exe"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  FileOpen $0 "$INSTDIR\current.new" w
  FileWrite $0 "$Version"
  FileClose $0
  !insertmacro PLACE "$INSTDIR\current.new" "$INSTDIR\current"
  ${If} $Code = 0
    Goto no_room
  ${EndIf}
  Call RemoveOtherVersions

  CreateShortcut "$SMPROGRAMS\${PRODUCT}.lnk" "$INSTDIR\QuetSachWindow.exe"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayName" "${PRODUCT}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\QuetSachWindow.exe"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "Publisher" "${PRODUCT}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "EstimatedSize" "${SIZE_KIB}"
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoRepair" 1
  WriteRegExpandStr HKLM "${EVENTS_KEY}" "EventMessageFile" "${EVENTS_OF_ALL_NUMBERS}"
  WriteRegDWORD HKLM "${EVENTS_KEY}" "TypesSupported" 7
  Return

no_room:
  SetOutPath "$TEMP"
  RMDir /r "$INSTDIR\$Version"
  !insertmacro STOP "$(NoRoom)"
SectionEnd

Function un.onInit
  SetRegView 64
  SetShellVarContext all
FunctionEnd

Section "Uninstall"
  StrCpy $Version ""
  Call un.RemoveOtherVersions
  ; What runs holds its folder: then nothing more is taken away, and the programs still work.
  FindFirst $0 $1 "$INSTDIR\*-*"
  FindClose $0
  ${If} $1 != ""
    !insertmacro STOP "$(InUse)"
  ${EndIf}
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/PURGE" $1
  ${If} ${Errors}
    MessageBox MB_ICONQUESTION|MB_YESNO "$(KeepQuarantine)" /SD IDYES IDYES kept
  ${EndIf}
  RMDir /r "$APPDATA\QuetSach"
kept:
  Delete "$SMPROGRAMS\${PRODUCT}.lnk"
  DeleteRegKey HKLM "${UNINSTALL_KEY}"
  DeleteRegKey HKLM "${EVENTS_KEY}"
  Delete /REBOOTOK "$INSTDIR\quetsach.exe"
  Delete /REBOOTOK "$INSTDIR\QuetSachWindow.exe"
  Delete "$INSTDIR\current"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
SectionEnd
