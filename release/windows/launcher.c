/* Starts Quét Sạch: in its own folder by the Python there, elsewhere the version that the file "current" names.
 *
 * Built twice from this file: for consoles (quetsach.exe), and with WINDOWED for the window (QuetSachWindow.exe).
 * In the folder of a version, beside "runtime", it loads runtime\python313.dll and hands over the command line. Above
 * the versions, in the folder of an installation, it starts the same program of the version in use and passes on what
 * that said at its end, so that the paths in scripts and shortcuts stay the same over upgrades, and a running version
 * starts its helpers from its own files.
 *
 * Libraries are taken from "runtime" and from System32 and from nowhere else, whatever lies beside a download. Python
 * is isolated: no environment variable, registry key or folder of a user tells it where to find modules.
 */
#ifndef UNICODE
#define UNICODE
#endif
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <shellapi.h>
#include <wchar.h>

#define LONGEST 32768
#define CANNOT_START 1 /* "usage or environment" of the tool's exit codes */

typedef int (*PyMain)(int, wchar_t **);

static wchar_t own[LONGEST];    /* this program */
static wchar_t folder[LONGEST]; /* where it lies, without a backslash at its end */

static const wchar_t *is_damaged =
    L"Quét Sạch: bản này thiếu hoặc hỏng tệp, hãy tải và cài lại.\n"
    L"Files of this copy are missing or damaged: download and install it again.\n\n%ls (%lu)\n";

static int say(const wchar_t *said, const wchar_t *what, DWORD number)
{
    static wchar_t text[LONGEST + 512];
    _snwprintf(text, LONGEST + 511, said, what, number);
    text[LONGEST + 511] = 0;
#ifdef WINDOWED
    MessageBoxW(NULL, text, L"Quét Sạch", MB_ICONERROR | MB_SETFOREGROUND);
#else
    HANDLE out = GetStdHandle(STD_ERROR_HANDLE);
    DWORD done, mode;
    if (GetConsoleMode(out, &mode)) {
        WriteConsoleW(out, text, (DWORD)wcslen(text), &done, NULL);
    } else {
        static char bytes[3 * (LONGEST + 512)];
        int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL);
        if (size > 1)
            WriteFile(out, bytes, (DWORD)size - 1, &done, NULL);
    }
#endif
    return CANNOT_START;
}

static int fail(const wchar_t *what)
{
    return say(is_damaged, what, GetLastError());
}

#ifdef WINDOWED
/* Set for a Python that shows the window, which takes it away once it has said itself why that failed: see
 * quetsach.cli.gui. Nobody sees what it writes, so what ends badly and untold is told here. */
#define UNTOLD L"QUETSACH_UNTOLD"

static int is_over; /* Py_Main came back: it did not end the process by itself */

static int tell_end(int code)
{
    is_over = 1;
    if (code != 0 && GetEnvironmentVariableW(UNTOLD, NULL, 0) != 0)
        say(L"Cửa sổ Quét Sạch không mở được hoặc phải đóng lại. Bản này có thể thiếu hoặc hỏng tệp, hãy tải và cài lại.\n"
            L"The window of Quét Sạch could not open, or had to close. Files of this copy may be missing or damaged: "
            L"download and install it again.\n\n%ls (%lu)\n",
            L"Python", (DWORD)code);
    return code;
}

static void __cdecl tell_exit(void)
{
    if (!is_over)
        tell_end(CANNOT_START);
}

/* A Python that lacks its own modules ends the process; what is to be done then knows only the library it ends with. */
static void watch_exit(void)
{
    typedef int(__cdecl * AtExit)(void(__cdecl *)(void));
    HMODULE library = GetModuleHandleW(L"ucrtbase.dll");
    AtExit at_exit = library == NULL ? NULL : (AtExit)(void *)GetProcAddress(library, "_crt_atexit");
    SetEnvironmentVariableW(UNTOLD, L"1");
    if (at_exit != NULL)
        at_exit(tell_exit);
}
#endif

/* Write FOLDER\NAME into a buffer of LONGEST letters; 0 if it is too long. */
static int below(wchar_t *path, const wchar_t *parent, const wchar_t *name)
{
    if (wcslen(parent) + 1 + wcslen(name) >= LONGEST)
        return 0;
    wcscpy(path, parent);
    wcscat(path, L"\\");
    wcscat(path, name);
    return 1;
}

static int find_own(void)
{
    DWORD size = GetModuleFileNameW(NULL, own, LONGEST);
    wchar_t *last;
    if (size == 0 || size >= LONGEST)
        return 0;
    wcscpy(folder, own);
    last = wcsrchr(folder, L'\\');
    if (last == NULL)
        return 0;
    *last = 0;
    return 1;
}

static int run_python(const wchar_t *runtime, const wchar_t *library, int argc, wchar_t **argv)
{
    int is_helper = argc > 3 && wcscmp(argv[1], L"-P") == 0 && wcscmp(argv[2], L"-m") == 0;
    int count = 0, given;
    wchar_t **words = HeapAlloc(GetProcessHeap(), 0, ((size_t)argc + 8) * sizeof *words);
    HMODULE python = LoadLibraryExW(library, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    PyMain py_main = python == NULL ? NULL : (PyMain)(void *)GetProcAddress(python, "Py_Main");
    if (py_main == NULL || words == NULL || AddDllDirectory(runtime) == NULL)
        return fail(library);
    words[count++] = own;
    words[count++] = L"-I";
    words[count++] = L"-X";
    words[count++] = L"utf8";
    if (!is_helper) { /* a helper process of the tool names its own module: see quetsach.endpoint.scanner.worker_pool */
        words[count++] = L"-m";
        words[count++] = L"quetsach.cli.main";
#ifdef WINDOWED
        if (argc < 2)
            words[count++] = L"gui";
#endif
    }
    for (given = 1; given < argc; given++)
        words[count++] = argv[given];
    words[count] = NULL;
#ifdef WINDOWED
    if (!is_helper && (argc < 2 || wcscmp(argv[1], L"gui") == 0)) {
        watch_exit();
        return tell_end(py_main(count, words));
    }
#endif
    return py_main(count, words);
}

/* Read the folder that "current" names: one name of letters, digits, dots, hyphens and plus signs. */
static int read_current(wchar_t *version)
{
    char text[81];
    DWORD size = 0, letter;
    HANDLE file;
    static wchar_t path[LONGEST];
    if (!below(path, folder, L"current"))
        return 0;
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return 0;
    if (!ReadFile(file, text, sizeof text - 1, &size, NULL))
        size = 0;
    CloseHandle(file);
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    for (letter = 0; letter < size; letter++) {
        char c = text[letter];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (letter > 0 && (c == '.' || c == '-' || c == '+'))))
            return 0;
        version[letter] = (wchar_t)c;
    }
    version[size] = 0;
    return size > 0;
}

static const wchar_t *after_first_word(const wchar_t *line)
{
    int is_quoted = 0;
    for (; *line && (is_quoted || (*line != L' ' && *line != L'\t')); line++)
        if (*line == L'"')
            is_quoted = !is_quoted;
    return line;
}

#ifndef WINDOWED
static BOOL WINAPI leave_to_child(DWORD event)
{
    (void)event;
    return TRUE; /* the version in use gets it too, and decides */
}
#endif

/* Start the version in use, wait, and return its exit code. It ends with this process, but not what it started. */
static int run_version(void)
{
    static wchar_t version[96], inner[LONGEST], program[LONGEST], line[2 * LONGEST];
    const wchar_t *words = after_first_word(GetCommandLineW());
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    STARTUPINFOW startup;
    PROCESS_INFORMATION child;
    HANDLE job = CreateJobObjectW(NULL, NULL);
    DWORD code = CANNOT_START;
    if (!read_current(version) || !below(inner, folder, version) || !below(program, inner, wcsrchr(own, L'\\') + 1))
        return fail(L"current");
    if (_snwprintf(line, 2 * LONGEST - 1, L"\"%ls\"%ls", program, words) < 0)
        return fail(L"command line");
    ZeroMemory(&limits, sizeof limits);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
    GetStartupInfoW(&startup);
    startup.lpReserved2 = NULL;
    startup.cbReserved2 = 0;
    if (job == NULL || !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits) ||
        !CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup, &child))
        return fail(program);
    AssignProcessToJobObject(job, child.hProcess);
#ifndef WINDOWED
    SetConsoleCtrlHandler(leave_to_child, TRUE);
#endif
    ResumeThread(child.hThread);
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return (int)code;
}

static int run(int argc, wchar_t **argv)
{
    static wchar_t runtime[LONGEST], library[LONGEST];
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_USER_DIRS);
    SetSearchPathMode(BASE_SEARCH_PATH_ENABLE_SAFE_SEARCHMODE | BASE_SEARCH_PATH_PERMANENT);
    if (!find_own() || !below(runtime, folder, L"runtime") || !below(library, runtime, L"python313.dll"))
        return fail(L"path");
    if (GetFileAttributesW(runtime) == INVALID_FILE_ATTRIBUTES)
        return run_version();
    return run_python(runtime, library, argc, argv);
}

#ifdef WINDOWED
int WINAPI wWinMain(HINSTANCE instance, HINSTANCE previous, PWSTR line, int show)
{
    int argc;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    (void)instance, (void)previous, (void)line, (void)show;
    return argv == NULL ? fail(L"command line") : run(argc, argv);
}
#else
int wmain(int argc, wchar_t **argv)
{
    return run(argc, argv);
}
#endif
