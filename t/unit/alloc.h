/*
 * Counting allocations of the code under test: a unit that includes this is
 * linked with --wrap, so every malloc and its like from shm passes here.
 */
#ifndef ALLOC_H
#define ALLOC_H

#include <stddef.h>

static unsigned long  alloc_count;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);


void *
__wrap_malloc(size_t n)
{
    alloc_count++;
    return __real_malloc(n);
}


void *
__wrap_calloc(size_t n, size_t size)
{
    alloc_count++;
    return __real_calloc(n, size);
}


void *
__wrap_realloc(void *p, size_t n)
{
    alloc_count++;
    return __real_realloc(p, n);
}

#endif
