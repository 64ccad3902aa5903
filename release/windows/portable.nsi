; The portable: unpacks the tree into a folder of its own, runs one program there, passes on its exit code, and leaves
; nothing. Without words it opens the window; with words it is quetsach.exe with these words, for scripts and fleets, and
; what that says goes to the console, pipe or file that the caller gave this program.
; The folder is made anew at each start by NSIS, below the temporary folder, and when elevated with rights for
; administrators only: a folder that stayed could be prepared by somebody else.
Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
SetCompressorDictSize 64
SetDateSave off
RequestExecutionLevel admin
ManifestDPIAware true
ManifestLongPathAware true
ManifestSupportedOS Win10
SilentInstall silent
!include "FileFunc.nsh"
!include "LogicLib.nsh"

!define PRODUCT "Quét Sạch"
!define LANG_VIETNAMESE 1066
!define STD_INPUT_HANDLE -10
!define STD_OUTPUT_HANDLE -11
!define STD_ERROR_HANDLE -12
!define ATTACH_PARENT_PROCESS -1
!define HANDLE_FLAG_INHERIT 1
!define STARTF_USESTDHANDLES 0x100
!define STARTUPINFO_BYTES 104
!define INFINITE -1
Name "${PRODUCT}"
OutFile "${OUT}"
Icon "${ICON}"
VIProductVersion "${NUMBERS}"
VIAddVersionKey /LANG=${LANG_VIETNAMESE} "ProductName" "${PRODUCT}"
VIAddVersionKey /LANG=${LANG_VIETNAMESE} "CompanyName" "${PRODUCT}"
VIAddVersionKey /LANG=${LANG_VIETNAMESE} "FileDescription" "${PRODUCT} (portable)"
VIAddVersionKey /LANG=${LANG_VIETNAMESE} "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=${LANG_VIETNAMESE} "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=${LANG_VIETNAMESE} "LegalCopyright" "Apache-2.0"

; Leave a handle of the caller's in HANDLE, one that a child may have.
!macro TAKE_HANDLE WHICH HANDLE
  System::Call 'kernel32::GetStdHandle(i ${WHICH}) p .s'
  Pop ${HANDLE}
  System::Call 'kernel32::SetHandleInformation(p ${HANDLE}, i ${HANDLE_FLAG_INHERIT}, i ${HANDLE_FLAG_INHERIT})'
!macroend

Section
  InitPluginsDir
  SetOutPath "$PLUGINSDIR\app"
  ClearErrors
  File /r "${TREE}/*"
  ${If} ${Errors}
    MessageBox MB_ICONSTOP|MB_OK "Không mở được gói: ổ đĩa đầy, hoặc có chương trình khác ngăn lại.$\nThe package cannot be opened: the disk is full, or another program prevents it." /SD IDOK
    SetErrorLevel 1
    Quit
  ${EndIf}
  SetOutPath "$TEMP" ; so that the folder can be removed at the end
  ; An update lays a newer file beside this one (quetsach.packs.upgrade).
  System::Call 'kernel32::SetEnvironmentVariableW(w "QUETSACH_PORTABLE", w "$EXEPATH")'
  ${GetParameters} $R0
  ${If} $R0 == ""
    ExecWait '"$PLUGINSDIR\app\QuetSachWindow.exe"' $R1
  ${Else}
    Call RunConsole
  ${EndIf}
  SetErrorLevel $R1
SectionEnd

; Run quetsach.exe with the words in $R0 and the caller's console, pipes or files; its exit code is left in $R1.
Function RunConsole
  StrCpy $R1 1
  System::Call 'kernel32::AttachConsole(i ${ATTACH_PARENT_PROCESS})'
  !insertmacro TAKE_HANDLE ${STD_INPUT_HANDLE} $0
  !insertmacro TAKE_HANDLE ${STD_OUTPUT_HANDLE} $1
  !insertmacro TAKE_HANDLE ${STD_ERROR_HANDLE} $2
  ; STARTUPINFOW: cb, three pointers, eight numbers, show and size of what is reserved, that, and the handles
  System::Call '*(&i4 ${STARTUPINFO_BYTES}, &i4 0, p 0, p 0, p 0, &i4 0, &i4 0, &i4 0, &i4 0, &i4 0, &i4 0, &i4 0, &i4 ${STARTF_USESTDHANDLES}, &i2 0, &i2 0, &i4 0, p 0, p $0, p $1, p $2) p .R2'
  System::Call '*(p 0, p 0, &i4 0, &i4 0) p .R3'
  StrCpy $R4 '"$PLUGINSDIR\app\quetsach.exe" $R0'
  System::Call 'kernel32::CreateProcessW(w "$PLUGINSDIR\app\quetsach.exe", w R4, p 0, p 0, i 1, i 0, p 0, p 0, p R2, p R3) i .R5'
  ${If} $R5 <> 0
    System::Call '*$R3(p .R6, p .R7)'
    System::Call 'kernel32::WaitForSingleObject(p R6, i ${INFINITE})'
    System::Call 'kernel32::GetExitCodeProcess(p R6, *i .R1)'
    System::Call 'kernel32::CloseHandle(p R7)'
    System::Call 'kernel32::CloseHandle(p R6)'
  ${EndIf}
  System::Free $R2
  System::Free $R3
FunctionEnd
