/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_RSA_H
#define TESTS_SUPPORT_RSA_H

/* An RSA key of 3072 bits, made for the tests and used nowhere else: making one takes seconds. */
static const char test_rsa_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIG/AIBADANBgkqhkiG9w0BAQEFAASCBuYwggbiAgEAAoIBgQCv4JRkj1pnnhEE\n"
    "kVm2qh07XBxQyCDlr7OypEPdpxO987+r5LeSOqjo3CODP7gShFPJB+LZki1PPkMG\n"
    "tFUIuc67/5xrdAlIQu3mT8aNYUGZLrsCPFiAC1rGcHwpCWQV+UFoR3wxD3mI98Tg\n"
    "Msf0Xhyed5+0YKdT7XHM2GDIy31VPQOaus7bgzq1lL945Z0iiReeNFtX8shPyqMr\n"
    "n2EY+EloEJtxnTVAndBM6gCZplsxQ9vymFLWijnbdFHNHwwbSU2BmEjhFerEKH/e\n"
    "GVhds8JBaTlDo6UEHrETF1hapAb0ky1KbAe4LAyqgfe+75QqFlkKW9Vzi7TflVqi\n"
    "fufVl53zVRThLMQkW8YoIyQTt21SNSlxXSFZPwLEFJcjFihBDPOt9I/BFmpuEBEV\n"
    "k3t8RLTsw0EmI6ZxiUNlUEGRdMLvxxtTd1mmr9t3yykqGTwNeX+XWTuLUjVVc5rj\n"
    "B05KH+5gE+VtXlaDmXj+YTxUBZgGYDtytv+KdP+kDfYrRaBW6UUCAwEAAQKCAYBD\n"
    "P8kd5l54Dk2NhJJcMRG6V88P6GYDzToVzY+RmkgHMsOQU4UJqdpaJ4qArgWRNv3e\n"
    "eWB5NtaSXUk9sAhvrLRq2CMURyshcU4L6WcPOifeDas+AJsKYs0T4YDoJAocCNHE\n"
    "sMjA7ZzYDX0/CMvCGZYx1aXAT9DLW5hO7lGblYtX41uUd2ePMc9qDPVloc6CnQ7l\n"
    "1Dk1GMUVFXNsw6VZ6d4Pp4H4YFczXOR/9F3EYoKuBLd+PFY4aGQVEJYSq5Nyf4U6\n"
    "mYjPgkTWNubbSK8nOIKCz8GwBV2bQ16Jq9oht55vktQFVPwfDSbcz/LEvnNaOGt6\n"
    "pgSETXuIHMKbkNygwnd+J5iDtgzRCApiq+QLTvbLfR0Nwvjiz2az8p6x+L79gg4V\n"
    "9HjO+oV2PqlM/Zcp8cSspxnF9v7clX+N1IIFqD28cnfonlXV3OWl+ypYyI9PXLz6\n"
    "DgRnUY5XogmM3MO8xtYCtPw3/kDgGdv3RSa0Vetg7A6/7VRS2EU6J4lbMjao2SUC\n"
    "gcEA8mgKeRR2CBjOR/3dUdAP5Od+y4UEOKpAc+s9Bjw0IPdnD+KvNdPQcekeHBks\n"
    "/8iq3HcAKzJqfsF6nTn6BqJOXgSYijoAYaJUPH1rRgCYwGiZ8nQrlL8Zc+607uoO\n"
    "UUXYAESq3gvOoRHC/vWkrjSxcPkwhHvr84S54erO+1iNImK0fzEbyn8EyqifWeR9\n"
    "Yk5vQQVhW7pqw4wLevZ5Drjc00IBg4ovRKbSOB02VmbqYQfL9l1BO0LC9lt1Af5w\n"
    "hNt7AoHBALm9dC6pv8FTPY1oeS2LRU2uRljzTmrnmw7jqF1OX8swGl127pxh1sxP\n"
    "gRu66Toj8PrzztVG6fHB6xyY+RxvQWB3eRFCi5+dJIm+4vPJ6Z6upzALBf4dRY8a\n"
    "75ICzIH/UfH24wCnaGWToAiXXFI3TC+M6IXxHGp1+RZ+h3Srv+dmVsyxEyU8tEfY\n"
    "pLj0o54keJpLPu58y021p1fmp9ZZ9BoymDv6500PB9BbmhiAbpW170bHEkBlxoRl\n"
    "mBajcq7SPwKBwBIxuu+BmKZc7ka7CDyWyEqfEYZHEp0KMlJBCtCH/kWnLCYmFo6M\n"
    "um2CWM81GIqOTjzD9dBINXQUI5bffiO3VPh7kdN2LQcm/vmXVFDpxI1UjJGFJKxC\n"
    "d6+a8Buql66D9oV2ofiOnFC8m401dMnajKL1IS4gewJJKQaK8EQvTlCRZgjR78sQ\n"
    "I5TueR9vJfYV+wW/WKJg6JiKz2XIUCfJulFk9+YenhOiDc9GagisKtVjl2yDbVz8\n"
    "UtPY43xl0541NwKBwHxKYcekAdRNboAE7Cnk62BbAWoejlgNWf5xq0Wc349pRgtL\n"
    "PcrZ0dHwVdYHknA8gtJ7eenQRVZozHrbhr9XV6lE6Xf6TtJlZoDigp5ee/2ao/gL\n"
    "OFxenCByBuRvCQjooJ5I9oiGfd6TFeEJ4FaH+GxNX3/Z44j+HsvFqcER+R3Qpr7c\n"
    "s5IUeBMnzrqRwjdd8nJVbexLCASdTTkN+Tv//8/UEXj5ofQ33aO42HoS321BTLfR\n"
    "GM6NDHWmQkrL3z9LIwKBwB1E0Q+K189ay+GUBGYEozaqR6340MtHC0eTKkNSgkHW\n"
    "GAUx9OlCn1KAQYHQfh8TDUFKxsZVSf8HzKHvB5sEQlONNFfAyjcvT+6I4DSA/WPj\n"
    "u4L67+VKKOHbRaQtzmLgDNnnmBrIx6olA9DZ+NaqjqTCGfb/Ygnd4gcuBnhnD+OT\n"
    "Lpvvk6eX+X7SYUSr0jvoAR//MPbRT19EYLHv5/s9lsLYElnAozRsm8qEI+diVtXE\n"
    "RuHFjKfdjVsv/hqhAgcvMw==\n"
    "-----END PRIVATE KEY-----\n";

#endif
