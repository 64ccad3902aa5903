/* A program that stays until it is ended: planted as a process, or as a service when the manager of services starts it. */
#include <windows.h>

static SERVICE_STATUS_HANDLE manager;
static SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, SERVICE_RUNNING, SERVICE_ACCEPT_STOP, 0, 0, 0, 0};

static void WINAPI control(DWORD wanted) {
    if (wanted == SERVICE_CONTROL_STOP) status.dwCurrentState = SERVICE_STOPPED;
    SetServiceStatus(manager, &status);
}

static void WINAPI serve(DWORD count, wchar_t **words) {
    (void)count, (void)words;
    manager = RegisterServiceCtrlHandlerW(L"", control);
    SetServiceStatus(manager, &status);
}

int wmain(void) {
    SERVICE_TABLE_ENTRYW services[] = {{L"", serve}, {NULL, NULL}};
    if (StartServiceCtrlDispatcherW(services)) return 0;
    Sleep(INFINITE);
    return 0;
}
