/* The only function of bcryptprimitives.dll that Rust's std calls, by one that Wine 8 has. */
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(void *, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *bytes, SIZE_T length)
{
    return SystemFunction036(bytes, (ULONG)length);
}
